"use strict";
(() => {
  const form = document.querySelector(".filter");
  const items = [...document.querySelectorAll("[data-filter]")];
  const columns = [...document.querySelectorAll("[data-target]:not([data-filter])")];

  // A row of the table has a word for each target, a card has one, and a convention has none.
  const wordsOf = (item, target) =>
    item.dataset.word !== undefined && item.dataset.target
      ? (!target || item.dataset.target === target ? [item.dataset.word] : [])
      : [...item.querySelectorAll("td")].filter((cell) => !target || cell.dataset.target === target).map((cell) => cell.dataset.word);

  const isShown = (item, wanted) => {
    const words = wordsOf(item, wanted.target);
    const convention = item.classList.contains("convention");
    const seen = convention ? !wanted.word : words.some((word) => word && (!wanted.word || word === wanted.word));
    return seen && wanted.text.every((part) => item.textContent.toLowerCase().includes(part));
  };

  const filter = () => {
    const chosen = new FormData(form);
    const wanted = {
      text: (chosen.get("text") || "").toLowerCase().split(/\s+/).filter(Boolean),
      word: chosen.get("word") || "",
      target: chosen.get("target") || "",
    };
    for (const item of items) item.hidden = !isShown(item, wanted);
    for (const column of columns) column.hidden = Boolean(wanted.target) && column.dataset.target !== wanted.target;
    for (const body of document.querySelectorAll("tbody")) body.hidden = !body.querySelector("tr[data-filter]:not([hidden])");
    const rows = items.filter((item) => item.tagName === "TR");
    form.querySelector("output").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} laws`;
  };

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  // A link to what a filter hides shows it again.
  const reveal = () => {
    const place = location.hash && document.getElementById(location.hash.slice(1));
    if (place && place.closest("[hidden]")) {
      form.reset();
      filter();
      place.scrollIntoView();
    }
  };

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll(".card details")) details.open = true;
  });
  filter();
})();
