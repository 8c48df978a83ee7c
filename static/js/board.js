// Dragging a card is a quick way to its "Move to" menu: the button for the column where it is dropped is pressed.
// Who has no pointer uses the menu itself; so the library, a third of the page's weight, comes when one is moved.
(() => {
  const library = document.currentScript.dataset.library;
  const board = () => document.querySelector("#board");
  let columns = [];

  function begin() {
    columns.forEach((column) => column.destroy());
    columns = [...document.querySelectorAll(".board-column__cards")].map((list) => new Sortable(list, {
      group: "board", draggable: ".board-card", sort: false, animation: 0, delay: 150, delayOnTouchOnly: true,
      filter: "details, button, .popup", preventOnFilter: false, ghostClass: "is-dragged",
      onStart: () => board().setAttribute("data-busy", ""),
      onMove: ({ dragged, to }) => mark(to.closest(".board-column"), wayTo(dragged, to)),
      onEnd: ({ item, from, to, oldIndex }) => {
        board().removeAttribute("data-busy");
        mark(null, null);
        if (from === to) return;
        const button = wayTo(item, to);
        from.insertBefore(item, from.children[oldIndex] ?? null); // the answer draws it where it belongs
        if (button) button.form.requestSubmit(button);
        else refuse(to.closest(".board-column").dataset.noWay);
      },
    }));
  }

  function wayTo(card, list) {
    const statuses = list.closest(".board-column").dataset.statuses.split(" ");
    return [...card.querySelectorAll("button[name='to']")].find((button) => statuses.includes(button.value)) ?? null;
  }

  function refuse(words) {
    document.querySelector("#no-way")?.remove();
    document.querySelector("#flash").append(document.querySelector("#no-way-words").content.cloneNode(true));
    document.querySelector("#no-way p").textContent = words;
  }

  function mark(column, way) {
    document.querySelectorAll(".board-column.is-target").forEach((each) => each.classList.remove("is-target"));
    if (column && way) column.classList.add("is-target");
    return true;
  }

  const fetchLibrary = () => {
    ["pointermove", "pointerdown"].forEach((name) => document.removeEventListener(name, fetchLibrary));
    document.head.append(Object.assign(document.createElement("script"), { src: library, onload: begin }));
  };
  ["pointermove", "pointerdown"].forEach((name) => document.addEventListener(name, fetchLibrary));
  document.addEventListener("htmx:after:settle", ({ detail }) => {
    if (window.Sortable && detail.newContent.some((node) => node.id === "board")) begin();
  });
})();
