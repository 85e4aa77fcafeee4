// What a person does and sees in local-slack's page, by the words that stand there; page.py calls it.
window.person = (() => {
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  const read = (one) => one.innerText.replace(/\s+/g, " ").trim();
  const named = (css, label, within) => all(css, within).find((one) => read(one) === label);
  const messages = (words) => all(".messages .msg").filter((one) => read(one).includes(words)).reverse();
  const replies = (words) => all(".thread-divider ~ .msg").filter((one) => read(one).includes(words)).reverse();
  const field = (label) => all(".bk-input").find((one) => read(one.querySelector("label")) === label);

  // React hears of a choice only when the setter of the element itself was used.
  const choose = (select, label) => {
    const option = all("option", select).find((one) => one.textContent.trim() === label);
    if (!option) return false;
    Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set.call(select, option.value);
    select.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };

  const press = (button) => {
    if (button) button.click();
    return Boolean(button);
  };

  const around = (elements) => {
    const boxes = elements.map((one) => one.getBoundingClientRect()).filter((one) => one.width);
    const x = Math.min(...boxes.map((one) => one.left));
    const y = Math.min(...boxes.map((one) => one.top));
    const width = Math.max(...boxes.map((one) => one.right)) - x;
    return { x, y, width, height: Math.max(...boxes.map((one) => one.bottom)) - y };
  };

  // Whatever is wider than its place: somebody would have to scroll sideways, or wouldn't see it.
  const overflowing = (within) =>
    all("*", within).filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map(read);

  const shown = (elements, within) => {
    document.activeElement.blur(); // a cursor that blinks makes another picture each time
    return { box: around(elements), overflowing: overflowing(within), text: read(within) };
  };

  // Opens the next thread, until what is looked for is in the one that is open.
  let turn = 0;
  const turnOver = () => {
    const threads = all(".messages .thread-summary");
    if (threads.length) threads[turn++ % threads.length].click();
    return null;
  };

  const message = (found) => {
    found.scrollIntoView({ block: "center" });
    const parts = [found.querySelector(".msg-avatar"), ...all(".msg-head > *, .msg-text, .blocks, .thread-summary", found)];
    return { ts: found.dataset.ts, ...shown(parts, found) };
  };

  const chosen = (place) => Boolean(place.querySelector("select")?.value || place.querySelector("input:checked"));

  const pick = (place, option) => {
    const select = place.querySelector("select");
    return select ? choose(select, option) : press(named(".bk-options label", option, place));
  };

  return {
    ready: () => all(".actas option").length > 0 && Boolean(document.querySelector(".pill")),
    actAs: (name) => choose(all(".actas select").pop(), name),
    open: (label) => press(all(".sidebar-item").reverse().find((one) => read(one).endsWith(label))),
    write: () => document.querySelector(".composer-input").focus(),
    send: () => press(document.querySelector(".composer-send:enabled")),

    pressOn: (words, label) => {
      const found = [...replies(words), ...messages(words)].map((one) => named("button.bk-button", label, one));
      return press(found.find(Boolean)) || turnOver();
    },
    pressHome: (label) => press(named(".home button", label)),
    pressForm: (label) => press(named(".modal-foot button", label)),
    close: () => press(document.querySelector(".modal-x, .thread-x")),

    field: (label) => {
      const box = field(label)?.querySelector("input, textarea");
      box?.focus();
      box?.select();
      return Boolean(box);
    },
    choose: (label, option) => Boolean(field(label)) && pick(field(label), option),
    preset: (label, ...options) => chosen(field(label)) || options.every((option) => pick(field(label), option)),

    card: (words) => (messages(words)[0] ? message(messages(words)[0]) : null),
    answer: (words) => (messages(words)[0] ? message(messages(words)[0]) : null),
    reply: (words) => (replies(words)[0] ? message(replies(words)[0]) : turnOver()),
    form: (words) => {
      const form = document.querySelector(".modal");
      return form && read(form).includes(words) ? shown([form], form) : null;
    },
    home: (words) => {
      const home = document.querySelector(".home-inner");
      return home && read(home).includes(words) ? shown([home], home) : null;
    },
    page: (words) => (read(document.body).includes(words) ? shown([document.body], document.body) : null),
  };
})();
