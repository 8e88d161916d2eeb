// Requests to the studio, and elements of its pages.
export const on = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));

async function checked(response) {
  if (response.ok) return response;
  throw new Error((await response.json()).error.replace(/^[\w.]+: /, ""));
}

export const get = async (name, query = {}) => (await checked(await fetch(`${name}?${new URLSearchParams(query)}`))).json();
export const post = async (name, query = {}) => checked(await fetch(`${name}?${new URLSearchParams(query)}`, { method: "POST" }));

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export function button(text, act, label = text) {
  const element = make("button", "", text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", act);
  return element;
}
