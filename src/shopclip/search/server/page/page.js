"use strict";
// The whole page. Everything that it shows comes from the JSON API of the same address.

const $ = (id) => document.getElementById(id);
const MOST_BYTES = 8 * 1024 * 1024;
const COUNT = 10;
const state = { picture: null, like: null, asked: 0 };

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch("/api/" + path, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error || `The server answered ${answer.status}.`);
  return told;
}

function show(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

const imageOf = (id) => "/api/image?id=" + encodeURIComponent(id);

function where() {
  const chosen = [...$("selects").querySelectorAll("select")].filter((one) => one.value);
  $("filtered").textContent = chosen.length ? `(${chosen.length})` : "";
  return Object.fromEntries(chosen.map((one) => [one.name, one.value]));
}

function card(hit) {
  const item = $("card").content.cloneNode(true);
  const image = item.querySelector("img");
  image.src = imageOf(hit.id);
  image.alt = hit.caption;
  item.querySelector(".picture").setAttribute("aria-label", "More like " + hit.caption);
  item.querySelector(".caption").textContent = hit.caption;
  const told = ["articleType", "baseColour", "price"].map((name) => hit.attributes[name]);
  item.querySelector(".facts").textContent = told.filter((value) => value !== undefined).join(" · ");
  item.querySelector(".similarity").textContent = hit.similarity.toFixed(3);
  for (const button of item.querySelectorAll("button")) {
    button.addEventListener("click", () => searchLike(hit));
  }
  return item;
}

function showBy() {
  const by = state.picture || state.like;
  $("by").hidden = !by;
  if (!by) return;
  $("preview").src = state.picture ? state.picture.url : imageOf(state.like.id);
  $("by-what").textContent = state.picture ? state.picture.name : "More like " + state.like.caption;
  $("weighing").hidden = !$("text").value.trim();
}

async function search() {
  const turn = ++state.asked; // an answer that comes after a newer question is dropped
  showBy();
  show($("problem"), "");
  const text = $("text").value.trim();
  $("examples").hidden = Boolean(text || state.picture || state.like);
  const common = { k: COUNT, where: where(), pair: $("pair").value };
  if (!text && !state.picture && !state.like) {
    $("hits").replaceChildren();
    $("description").hidden = true;
    $("status").textContent = "Type what you are looking for, or bring a picture.";
    return;
  }
  $("hits").setAttribute("aria-busy", "true");
  try {
    const found = state.like && !text
      ? await ask("similar", { ...common, id: state.like.id })
      : await ask("search", {
        ...common, weight: Number($("weight").value), ...(text && { text }),
        ...(state.picture && { picture: state.picture.url }), ...(state.like && { id: state.like.id }),
      });
    if (turn !== state.asked) return;
    $("hits").replaceChildren(...found.hits.map(card));
    $("status").textContent = found.hits.length
      ? `${found.hits.length} nearest, by ${found.pair}`
      : "No product fits these filters. Clear one of them.";
    await describe(turn);
  } catch (error) {
    if (turn !== state.asked) return;
    $("hits").replaceChildren();
    $("description").hidden = true;
    $("status").textContent = "";
    show($("problem"), error.message);
  } finally {
    if (turn === state.asked) $("hits").removeAttribute("aria-busy");
  }
}

async function describe(turn) {
  $("description").hidden = true;
  const by = state.picture ? { picture: state.picture.url } : state.like && { id: state.like.id };
  if (!by) return;
  const said = await ask("describe", { ...by, k: 3, pair: $("pair").value });
  if (turn !== state.asked) return;
  const list = document.createElement("ul");
  for (const attribute of said.attributes) {
    const [first] = attribute.values;
    const item = make("li", `${first.value} ${Math.round(first.score * 100)} %`);
    item.title = attribute.name + ": " +
      attribute.values.map((one) => `${one.value} ${(one.score * 100).toFixed(1)} %`).join(", ");
    list.append(item);
  }
  const near = said.captions.map((one) => `“${one.caption}”`).join(", ");
  $("description").replaceChildren(
    make("h2", "What the picture shows"), list, make("small", "Nearest captions: " + near),
  );
  $("description").hidden = false;
}

function searchLike(hit) {
  Object.assign(state, { like: hit, picture: null });
  $("text").value = "";
  window.scrollTo({ top: 0, behavior: "smooth" });
  search();
}

function bring(file) {
  if (!file) return;
  if (file.size > MOST_BYTES) {
    show($("problem"), "The picture is larger than 8 MB; make it smaller.");
    return;
  }
  const reader = new FileReader();
  reader.onload = () => {
    Object.assign(state, { picture: { url: reader.result, name: file.name }, like: null });
    search();
  };
  reader.onerror = () => show($("problem"), "The file cannot be read.");
  reader.readAsDataURL(file);
}

function showFilters(filters) {
  const kept = where();
  $("selects").replaceChildren(...Object.entries(filters).map(([name, values]) => {
    const label = make("label", name.replace(/([A-Z])/g, " $1").toLowerCase());
    const select = document.createElement("select");
    select.name = name;
    select.append(new Option("any", ""), ...values.map((value) => new Option(value, value)));
    if (values.map(String).includes(kept[name])) select.value = kept[name];
    select.addEventListener("change", search);
    label.append(select);
    return label;
  }));
}

async function start() {
  const shop = await ask("catalogue");
  $("pair").append(...shop.pairs.map((pair) => new Option(pair, pair)));
  $("pair").value = shop.pair;
  $("count").textContent = shop.products.toLocaleString("en") + " products";
  showFilters(shop.filters);
  $("examples").append(...shop.examples.map((text) => {
    const button = make("button", text);
    button.type = "button";
    button.addEventListener("click", () => {
      $("text").value = text;
      Object.assign(state, { picture: null, like: null });
      search();
    });
    return button;
  }));
  search();
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
$("pair").addEventListener("change", search);
$("weight").addEventListener("change", search);
$("file").addEventListener("change", () => {
  bring($("file").files[0]);
  $("file").value = ""; // the same file may be brought again
});
$("choose").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") $("file").click();
});
$("remove").addEventListener("click", () => {
  Object.assign(state, { picture: null, like: null });
  search();
});
$("clear").addEventListener("click", () => {
  for (const select of $("selects").querySelectorAll("select")) select.value = "";
  search();
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  bring(event.dataTransfer.files[0]);
});
start().catch((error) => show($("problem"), error.message));
