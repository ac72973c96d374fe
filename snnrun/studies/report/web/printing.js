// On paper everything is open; afterwards it is as it was.

const opened = [];

function openAll() {
  for (const details of document.querySelectorAll("main details:not([open])")) {
    if (details.closest(".controls")) continue;
    details.open = true;
    opened.push(details);
  }
}

function closeAgain() {
  for (const details of opened.splice(0)) details.open = false;
}

window.addEventListener("beforeprint", openAll);
window.addEventListener("afterprint", closeAgain);
window.matchMedia("print").addEventListener("change", (event) => {
  if (event.matches) openAll();
  else closeAgain();
});
