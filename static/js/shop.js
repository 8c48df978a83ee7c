// What the pages gain when script runs. All of it listens on the document, so swapped-in parts need no set-up,
// and every action works without it.
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const isTyping = (element) => element?.matches?.("input:not([readonly], [type='radio'], [type='checkbox']), textarea, select") ?? false;
  const say = (words) => { one("#announce").textContent = words; };
  const show = (templateId) => one("#flash")?.append(one(`#${templateId}`).content.cloneNode(true));

  // Keys, as the dialog #shortcuts lists them, by where they work. Whatever has a data-key is reached by it.
  const ROWS = ".row-link, .found__offer, .board-card__car, .job";
  const FOUND = `[data-search], #search-results :is(${ROWS})`;
  const OFFERS = "[name='quantity'], [name='whose']";
  const OFFERED = `[data-offers] :is([name='q'], ${OFFERS})`;
  const KEYS = {
    anywhere: {
      "Control+k": toSearch,
      "Meta+k": toSearch,
      "Control+Enter": send,
      "Meta+Enter": send,
      "Escape": leave,
    },
    atSearch: {
      "ArrowDown": () => step(1, FOUND),
      "ArrowUp": () => step(-1, FOUND),
    },
    atOffers: {
      "Enter": takeFirst,
      "ArrowDown": (target) => target.type !== "radio" && step(1, OFFERED, target.closest("[data-offers]")),
      "ArrowUp": (target) => target.type !== "radio" && step(-1, OFFERED, target.closest("[data-offers]")),
    },
    outsideFields: {
      "/": toSearch,
      "j": () => step(1, ROWS),
      "k": () => step(-1, ROWS),
      "?": () => one("#shortcuts")?.showModal(),
    },
  };
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.isComposing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const name = `${event.ctrlKey ? "Control+" : ""}${event.altKey ? "Alt+" : ""}${event.metaKey ? "Meta+" : ""}${key}`;
    const isAtSearch = target.closest?.(".desk__search, #search-results");
    const isOutside = !isTyping(target) && !one("dialog[open]");
    const known = {
      ...(isOutside && KEYS.outsideFields),
      ...(isAtSearch && KEYS.atSearch),
      ...(target.matches?.(OFFERED) && KEYS.atOffers),
      ...KEYS.anywhere,
    };
    if (known[name]?.(target) || pick(target, name)) event.preventDefault();
    else if (isOutside && !(name in known) && reach(name)) event.preventDefault();
  });

  function toSearch() {
    const search = one("[data-search]");
    search?.focus();
    search?.select();
    return search;
  }

  function step(by, among, within = document) {
    const stops = [...within.querySelectorAll(among)].filter((each) => each.checkVisibility());
    const here = stops.findLastIndex((stop) => stop.contains(document.activeElement));
    const next = stops[Math.max(0, here + by)];
    next?.focus();
    if (next?.type === "radio") next.click(); // as the arrows do among these
    if (next?.name === "quantity") next.select(); // so that a figure takes the place of the one that is there
    return next;
  }

  // The first thing that is offered, once there is an answer to what is typed: somebody quick is ahead of it. What was
  // chosen is sent with all else, and without an offer Enter does what it does anywhere.
  let awaited = null;
  function takeFirst(field) {
    if (field.type === "radio") return send(field);
    const offers = field.closest("[data-offers]");
    const words = field.value.normalize("NFC").replace(/\p{Cf}/gu, "").trim().replace(/\s+/g, " "); // as the server reads it
    if (field.name !== "q" || !words) return false;
    awaited = one("[data-answers]", offers).dataset.answers === words ? null : field;
    return awaited || (one(`[data-answers] :is(${OFFERS})`, offers) && step(1, OFFERED, offers));
  }
  document.addEventListener("input", () => { awaited = null; });
  document.addEventListener("htmx:after:settle", () => {
    if (awaited?.isConnected && awaited === document.activeElement) takeFirst(awaited);
  });

  function leave(target) {
    const popup = target.closest?.("details[data-popup][open]");
    const edit = target.closest?.("[data-edit]");
    if (popup) { popup.open = false; one("summary", popup).focus(); }
    else if (edit) one("[data-cancel]", edit)?.click();
    else if (isTyping(target)) {
      target.blur();
      target.closest(".job")?.focus({ preventScroll: true });
    } else if (target.closest?.(".desk__search")) target.blur();
  }

  // A key may stand on several things, such as one in each job: it leads to the nearest around what has the focus, and
  // to the page's own before the frame's.
  function reach(key) {
    const keyed = `[data-key="${CSS.escape(key)}"]`;
    let place = document.activeElement.closest("main") ? document.activeElement : one("main");
    while (place && !one(keyed, place)) place = place.parentElement;
    const thing = place && one(keyed, place);
    if (thing?.matches("a")) thing.click();
    else if (thing) {
      unfold(thing);
      (one("button", thing) ?? thing).focus();
    }
    return thing;
  }

  // Open every sheet around a thing, so that it is to be seen.
  function unfold(thing) {
    for (let sheet = thing; (sheet = sheet.closest("details:not([open])")); ) sheet.open = true;
  }

  // A list whose first choices end with a figure: its key chooses and sends.
  function pick(list, figure) {
    if (!list.matches?.("select[data-figures]") || !/^[1-9]$/.test(figure)) return false;
    const choice = [...list.options].find(({ text }) => text.endsWith(`(${figure})`));
    if (choice) list.value = choice.value;
    return choice && send(list);
  }

  function send({ form }) {
    form?.requestSubmit([...form.querySelectorAll("button:not([type='button'])")].find((button) => button.checkVisibility()));
    return form;
  }

  // Sheets close when one presses beside them; only one is open at a time.
  document.addEventListener("click", ({ target }) => {
    for (const popup of document.querySelectorAll("details[data-popup][open]")) if (!popup.contains(target)) popup.open = false;
    target.closest?.("[data-close]")?.closest("[data-flash]")?.remove();
    if (target.closest?.("[data-print]")) print();
    const copier = target.closest?.("[data-copy]");
    if (copier) copy(copier);
    if (target.closest?.("[data-fullscreen]")) document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    const opener = target.closest?.("[data-opens]");
    if (opener) one(`#${opener.dataset.opens}`)?.showModal();
  });

  // By way of what is chosen on the page: the clipboard of its own is there on https alone.
  function copy(button) {
    getSelection().selectAllChildren(one(`#${button.dataset.copy}`));
    button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
    say(button.textContent);
  }

  // The second half of a double click is not meant for the button that has come to this place meanwhile. A mouse counts
  // its clicks; fingers are not always counted, so a tap as quick and near as that is one as well. Keys count nothing.
  const QUICK = 700, NEAR = 24; // milliseconds, pixels
  const arrivals = new WeakMap();
  let last = { timeStamp: -QUICK };
  document.addEventListener("htmx:before:settle", ({ detail }) => detail.newContent.forEach((node) => arrivals.set(node, performance.now())));
  document.addEventListener("click", (event) => {
    if (!event.detail) return;
    const isQuick = event.timeStamp - last.timeStamp < QUICK && Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) <= NEAR;
    const isSecond = event.detail > 1 || (event.pointerType === "touch" && isQuick);
    last = event;
    if (!isSecond || !event.target.closest?.("button")) return;
    for (let node = event.target; node; node = node.parentElement) {
      if (event.timeStamp - (arrivals.get(node) ?? -QUICK) < QUICK) return stop(event);
    }
  }, true);

  // Whoever corrects what they typed wants to keep it.
  document.addEventListener("input", ({ target }) => {
    const radio = one("input[type='radio']", target.closest?.("[data-side]") ?? target);
    if (radio) radio.checked = true;
  });

  // A form is sent once, and after asking where it says so. This runs before htmx, which listens on the form itself.
  // What the browser can't read it would send as nothing, so that is to be finished first.
  const agreed = new WeakSet();
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const words = submitter?.dataset.confirm ?? form.dataset.confirm;
    const half = [...form.elements].find(({ validity }) => validity?.badInput); // such as a date without a time
    if (form.getAttribute("aria-busy") === "true") stop(event);
    else if (half) { stop(event); half.reportValidity(); }
    else if (words && !agreed.delete(form)) { stop(event); ask(words, form, submitter); }
  }, true);
  document.addEventListener("submit", ({ target: form, defaultPrevented }) => {
    if (defaultPrevented || form.method !== "post") return;
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), 8000);
  });
  addEventListener("pageshow", ({ persisted }) => {
    document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy"));
    if (persisted) document.querySelectorAll("form").forEach(renew);
  });

  // A form that stays after it was sent is another form the next time.
  function renew(form) {
    const key = one("input[name='form_key']", form);
    if (key) key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function stop(event) { event.preventDefault(); event.stopImmediatePropagation(); }

  function ask(words, form, submitter) {
    const dialog = one("#confirm");
    one("#confirm-words").textContent = words;
    const yes = one("[value='yes']", dialog);
    one("span", yes).textContent = form.dataset.agree ?? (submitter?.textContent.trim() || "Yes");
    yes.classList.toggle("button--danger", form.dataset.harmless === undefined);
    yes.classList.toggle("button--primary", form.dataset.harmless !== undefined);
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      agreed.add(form);
      form.requestSubmit(submitter);
    }, { once: true });
    dialog.showModal();
  }

  // htmx: busy while under way, errors never replace a part of the page by accident, focus goes where the eye goes.
  const busy = ({ detail, target }, value) => {
    const form = detail.ctx.sourceElement?.closest?.("form") ?? target;
    if (detail.ctx.request.method === "GET") return;
    value ? form.setAttribute("aria-busy", "true") : form.removeAttribute?.("aria-busy");
  };
  document.addEventListener("htmx:before:request", (event) => busy(event, true));

  // A part that keeps itself fresh waits while nobody looks, and while a hand is in it: a card is dragged, a sheet is open,
  // or a question is asked. What was under way when that began is dropped, for the next time brings it.
  const keepsFresh = (element) => element?.matches?.("[data-poll]");
  const isInHand = (part) => "busy" in part.dataset || one("details[open]", part) || one("dialog[open]");
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (keepsFresh(sourceElement) && (document.hidden || isInHand(sourceElement))) event.preventDefault();
  });
  document.addEventListener("htmx:finally:request", (event) => {
    busy(event, false);
    const { sourceElement, response } = event.detail.ctx;
    const form = sourceElement?.closest?.("form[method='post']");
    if (form && response && event.detail.ctx.request.method !== "GET") renew(form);
    if (response?.status < 400) one("#flash [data-signed-out]")?.remove();
  });

  document.addEventListener("htmx:before:swap", (event) => {
    const { response, hx, sourceElement } = event.detail.ctx;
    if (keepsFresh(sourceElement) && isInHand(sourceElement)) event.preventDefault();
    if (!response || response.status < 400 || [409, 422].includes(response.status) || hx.retarget) return;
    event.preventDefault();
    if (response.status !== 401) show("refused-words");
    else if (!one("#flash :is([data-signed-out], form)")) show("signed-out-words");
  });
  // The menu's numbers stand outside of what is swapped.
  document.addEventListener("htmx:before:swap", ({ detail }) => {
    const counts = JSON.parse(detail.ctx.response?.headers?.get("Menu-Counts") ?? "{}");
    for (const [url, count] of Object.entries(counts)) {
      const place = one(`.main-nav__link[href="${url}"] .main-nav__count`);
      if (place) place.textContent = count;
    }
  });

  // What had the focus may be gone after a swap: what it was in has it then, so that keys go on from there. If of that the
  // page alone is left, what came in its place has it.
  let trail = [];
  let arrived = [];
  document.addEventListener("htmx:before:swap", () => {
    [trail, arrived] = [[], []];
    for (let node = document.activeElement; node; node = node.parentElement) if (node.id) trail.push(node.id);
  });
  document.addEventListener("htmx:after:swap", () => {
    const left = document.activeElement === document.body && trail.map((id) => document.getElementById(id)).find(Boolean);
    const place = left && left === one("main") ? (arrived.find((part) => part.isConnected && left.contains(part)) ?? left) : left;
    if (!place) return;
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });

  // What is half typed in other forms of a part outlives that the part is drawn anew, with the version that it was typed
  // over. So does what was turned down: its answer brings it back as if it had been there, but the next one does not. Where
  // a form is not drawn at all, what was typed in it waits, and one that was opened to edit something is opened again.
  const refused = new WeakSet();
  const isTicked = (field) => ["checkbox", "radio"].includes(field.type);
  const isTyped = (field) => refused.has(field) ? true
    : isTicked(field) ? field.checked !== field.defaultChecked
    : field.options ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected))
    : field.type !== "hidden" && field.type !== "file" && field.value !== field.defaultValue;
  const likeIt = (field) => {
    const isOfThatForm = (each) => each?.form?.getAttribute("action") === field.form.getAttribute("action");
    const named = [...document.querySelectorAll(`[name="${CSS.escape(field.name)}"]`)]
      .filter((each) => isOfThatForm(each) && (each.type !== "radio" || each.value === field.value));
    return (field.id && named.find(({ id }) => id === field.id)) || (named.length === 1 ? named[0] : null);
  };
  let typed = [];
  let left = [];
  let sent = null;
  const reopening = new Set(); // by this script: the focus stays where somebody types by now
  let isReopened = false;
  document.addEventListener("htmx:before:swap", ({ detail }) => {
    isReopened = reopening.delete(detail.ctx.sourceElement);
    sent = detail.ctx.sourceElement?.closest?.("form");
    const fields = document.querySelectorAll("main form[method='post'] :is(input, textarea, select)");
    const isDone = detail.ctx.response?.status < 400;
    typed = [...left, ...[...fields].filter((field) => field.name && !(isDone && field.form === sent) && isTyped(field))];
  });
  document.addEventListener("htmx:after:swap", ({ detail }) => {
    if (!typed.length) return;
    const gone = typed.filter((field) => !field.isConnected);
    left = gone.filter((field) => field.form !== sent && field.type !== "radio" && !likeIt(field));
    for (const field of gone) {
      const place = likeIt(field);
      if (!place || place.type !== field.type) continue;
      if (field.form === sent) {
        if (place.value.trim() !== field.value.trim() || place.checked !== field.checked) continue;
        refused.add(place);
      } else {
        isTicked(field) ? (place.checked = field.checked) : (place.value = field.value);
        const [now, then] = [place, field].map(({ form }) => form.elements.namedItem("version"));
        if (now && then) now.value = then.value;
      }
      unfold(place);
    }
    typed = [];
    if (detail.ctx.request.method === "GET" || detail.ctx.response.status >= 400 || one(".undo")) return;
    for (const edit of new Set(left.map(({ form }) => form.dataset.edit))) {
      const link = one(`[data-hx-get="${edit}"]`);
      reopening.add(link);
      link?.click();
    }
  });

  document.addEventListener("htmx:error", ({ detail }) => { if (detail.ctx) show("offline-words"); });

  document.addEventListener("htmx:after:settle", ({ detail, target }) => {
    const parts = detail.newContent.filter((node) => node.nodeType === Node.ELEMENT_NODE);
    arrived.push(...parts);
    const find = (selector) => parts.map((part) => (part.matches(selector) ? part : one(selector, part))).find(Boolean);
    // A moment later, for htmx itself gives the focus to autofocus after this.
    if (!isReopened) queueMicrotask(() => (find("[aria-invalid='true']") ?? find("[data-take-focus]"))?.focus());
    const told = find("[data-announce]") ?? find(".field__error");
    if (told) say(told.dataset.announce ?? told.textContent.trim());
    for (const flash of parts.filter((part) => part.matches(".flash:not(.flash--error)"))) fade(flash);
  });

  // Good news goes by itself, bad news stays until it is closed.
  const fade = (flash) => setTimeout(() => flash.remove(), 6000);
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".flash:not(.flash--error)").forEach(fade);
    (one("main [aria-invalid='true']:not([data-example] *)") ?? one(".error-summary:not([data-example] *)"))?.focus();
  });
})();
