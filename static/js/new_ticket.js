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
// Who goes back finds what they typed: browsers bring it back themselves, but not where they are to suggest nothing, and they
// leave the folds shut.
(() => {
  const unsuggested = () => document.querySelectorAll(".new-ticket [autocomplete='off']");
  addEventListener("beforeunload", () => {
    const typed = Object.fromEntries([...unsuggested()].map(({ name, value }) => [name, value]));
    history.replaceState({ ...history.state, typed }, "");
  });
  document.addEventListener("htmx:after:process", () => {
    const typed = history.state?.typed ?? {};
    for (const field of unsuggested()) {
      if (field.value || !typed[field.name]) continue;
      field.value = typed[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const fold of document.querySelectorAll(".new-ticket details")) {
      fold.open ||= [...fold.querySelectorAll("input")].some(({ value }) => value);
    }
  }, { once: true });
})();
