// Who was looked for in vain is who is written down instead: what was typed stands there as their name, telephone or number
// plate, as it looks like, when that fold opens.
document.addEventListener("toggle", ({ target }) => {
  const { nobody, field } = document.querySelector("[data-nobody]")?.dataset ?? {};
  const control = target.open && nobody && target.querySelector(`[name='${field}']`);
  if (control && !control.value) control.value = nobody;
}, true);
// Whoever writes down a new customer does not mean the one who was chosen before.
document.addEventListener("input", ({ target }) => {
  const nobody = target.closest("[data-new-customer]") && document.querySelector("[name='whose'][value='']");
  if (nobody) nobody.checked = true;
});
