"use strict";
// The whole page. Everything that it shows comes from the JSON API of the same address.

const $ = (id) => document.getElementById(id);
const MOST_BYTES = 8 * 1024 * 1024;
const COUNT = 10;
const NOTHING = "No product fits these filters. Clear one of them.";
const state = { picture: null, like: null, pair: "", asked: 0 };

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

const selects = () => [...$("selects").querySelectorAll("select")];

function where() {
  const chosen = selects().filter((one) => one.value);
  $("filtered").textContent = chosen.length ? `(${chosen.length})` : "";
  return Object.fromEntries(chosen.map((one) => [one.name, one.value]));
}

// What is asked, as the address has it; but for a picture of one's own, which no link can carry.
function address(query) {
  const params = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return params.size ? "/?" + params : "/";
}

function asked() {
  const chosen = Object.entries(where()).map(([name, value]) => ["where." + name, value]);
  const text = $("text").value.trim();
  return {
    q: text,
    like: state.like?.id,
    weight: text && state.like && $("weight").value !== "0.5" && $("weight").value,
    pair: $("pair").value !== state.pair && $("pair").value,
    ...Object.fromEntries(chosen),
  };
}

// Fills in what the address says; the product that it names is told when it is known.
async function readAddress() {
  const params = new URLSearchParams(location.search);
  $("text").value = params.get("q") ?? "";
  $("weight").value = params.get("weight") ?? "0.5";
  $("pair").value = params.get("pair") ?? state.pair;
  if (!$("pair").value) $("pair").value = state.pair; // that pair is no longer there
  for (const select of selects()) select.value = params.get("where." + select.name) ?? "";
  $("filters").open ||= Object.keys(where()).length > 0;
  Object.assign(state, { picture: null, like: null });
  const id = params.get("like");
  return id ? ask("product?id=" + encodeURIComponent(id)) : null;
}

function link(element, query, follow) {
  element.href = address({ pair: asked().pair, ...query });
  element.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
    event.preventDefault();
    follow();
  });
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
  item.querySelector(".similarity").textContent = hit.similarity?.toFixed(3) ?? "";
  for (const one of item.querySelectorAll("a")) link(one, { like: hit.id }, () => searchLike(hit));
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
  const here = address(asked());
  if (here !== location.pathname + location.search) history.pushState(null, "", here);
  showBy();
  show($("problem"), "");
  const text = $("text").value.trim();
  $("examples").hidden = Boolean(text || state.picture || state.like);
  document.title = text ? text + " · shopclip search" : "shopclip search";
  const common = { k: COUNT, where: where(), pair: $("pair").value };
  $("hits").setAttribute("aria-busy", "true");
  try {
    const browsed = ask("browse", common).then((shop) => {
      if (turn === state.asked) showCounts(shop.facets);
      return shop;
    });
    browsed.catch(() => {}); // told where it is awaited, which an earlier error prevents
    if (!text && !state.picture && !state.like) {
      const { products } = await browsed;
      if (turn !== state.asked) return;
      $("hits").replaceChildren(...products.map(card));
      $("description").hidden = true;
      $("status").textContent = products.length
        ? "Some of what there is. Type what you are looking for, or bring a picture."
        : NOTHING;
      return;
    }
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
      : NOTHING;
    await Promise.all([browsed, describe(turn)]);
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
  $("selects").replaceChildren(...Object.entries(filters).map(([name, values]) => {
    const label = make("label", name.replace(/([A-Z])/g, " $1").toLowerCase());
    const select = document.createElement("select");
    select.name = name;
    select.append(new Option("any", ""), ...values.map((value) => new Option(value, value)));
    select.addEventListener("change", search);
    label.append(select);
    return label;
  }));
}

// Beside each value, how many products it would leave.
function showCounts(facets) {
  for (const select of selects()) {
    const counts = new Map((facets[select.name] ?? []).map((one) => [String(one.value), one.count]));
    for (const option of select.options) {
      if (!option.value) continue;
      const count = counts.get(option.value) ?? 0;
      option.textContent = `${option.value} (${count.toLocaleString("en")})`;
      option.disabled = !count && !option.selected;
    }
  }
}

async function start() {
  const shop = await ask("catalogue");
  $("pair").append(...shop.pairs.map((pair) => new Option(pair, pair)));
  $("pair").value = state.pair = shop.pair;
  $("count").textContent = shop.products.toLocaleString("en") + " products";
  showFilters(shop.filters);
  $("examples").append(...shop.examples.map((text) => {
    const one = make("a", text);
    one.className = "button";
    link(one, { q: text }, () => {
      $("text").value = text;
      Object.assign(state, { picture: null, like: null });
      search();
    });
    return one;
  }));
  await follow();
}

// What the address asks: as the page opens, and as somebody goes back or forth.
async function follow() {
  const turn = ++state.asked;
  let like;
  try {
    like = await readAddress();
  } catch (error) {
    if (turn !== state.asked) return;
    $("hits").replaceChildren();
    showBy();
    show($("problem"), error.message);
    return;
  }
  if (turn !== state.asked) return;
  state.like = like;
  history.replaceState(null, "", address(asked())); // without what it asks in vain
  await search();
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
$("choose").addEventListener("click", () => $("file").click());
$("remove").addEventListener("click", () => {
  Object.assign(state, { picture: null, like: null });
  search();
});
$("clear").addEventListener("click", () => {
  for (const select of selects()) select.value = "";
  search();
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  bring(event.dataTransfer.files[0]);
});
window.addEventListener("popstate", follow);
start().catch((error) => show($("problem"), error.message));
