// Shows the cards that have every word of the filter, and hides kinds of which none is left.
const filter = document.getElementById("filter");
const sections = [...document.querySelectorAll("main > section[id]")].map((section) => ({
  section,
  link: document.querySelector(`nav a[href="#${section.id}"]`),
  cards: [...section.querySelectorAll(".card")].map((card) => {
    const words = card.cloneNode(true);
    words.querySelectorAll("svg").forEach((picture) => picture.remove());
    return { card, text: `${section.id} ${words.textContent}`.toLowerCase() };
  }),
}));
const all = sections.reduce((sum, { cards }) => sum + cards.length, 0);

function apply() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let total = 0;
  for (const { section, link, cards } of sections) {
    let shown = 0;
    for (const { card, text } of cards) {
      card.hidden = !words.every((word) => text.includes(word));
      shown += !card.hidden;
    }
    section.hidden = link.hidden = !shown;
    link.querySelector("small").textContent = shown;
    total += shown;
  }
  document.getElementById("shown").textContent = total < all ? `${total} of ${all} components` : `${all} components`;
  document.getElementById("nothing").hidden = total > 0;
}

filter.hidden = false;
filter.addEventListener("input", apply);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === "Escape" && document.activeElement === filter) {
    filter.value = "";
    apply();
  }
});
apply(); // a browser may have kept what was typed before a reload
