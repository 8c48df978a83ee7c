// Who was looked for in vain is who is written down instead: the words become the new customer's name when that fold opens.
document.addEventListener("toggle", ({ target }) => {
  const words = document.querySelector("[data-nobody]")?.dataset.nobody;
  const name = target.open && target.querySelector("[name='name']");
  if (words && name && !name.value) name.value = words;
}, true);
