// Small pictures, drawn here: a machine without an emoji font shows them too.
const shapes = {
  leaf: '<path d="M6 26C4 12 14 5 27 5c0 13-7 22-19 20z" fill="#5ba64a"/><path d="M7 27C12 19 17 14 23 9" stroke="#2f6a35" stroke-width="1.8" fill="none"/>',
  broccoli: '<g fill="#4c9a45"><circle cx="10" cy="12" r="6"/><circle cx="22" cy="12" r="6"/><circle cx="16" cy="9" r="7"/></g><path d="M13 16h6l-1 12h-4z" fill="#9ccc77"/>',
  strawberry: '<path d="M16 29C7 24 5 15 9 11c3-3 11-3 14 0 4 4 2 13-7 18z" fill="#e0414f"/><path d="M9 10c4-4 10-4 14 0-4 2-10 2-14 0z" fill="#4c9a45"/><g fill="#ffe2a8"><circle cx="12" cy="16" r="1"/><circle cx="19" cy="16" r="1"/><circle cx="16" cy="21" r="1"/></g>',
  loaf: '<path d="M5 14c0-6 22-6 22 0 0 3-2 3-2 5v7H7v-7c0-2-2-2-2-5z" fill="#d49a4f"/><path d="M11 13l3 5m3-6l3 5" stroke="#8f5f25" stroke-width="1.8"/>',
  cheese: '<path d="M3 20L25 8c4 1 5 5 4 12v6H3z" fill="#f5c542"/><g fill="#d99b1f"><circle cx="11" cy="22" r="2.4"/><circle cx="21" cy="19" r="2"/><circle cx="22" cy="13" r="1.4"/></g>',
  meat: '<path d="M5 19C4 10 14 5 22 8c7 3 7 12 2 15-4 3-7 0-10 2-4 2-8-1-9-6z" fill="#c94b4b"/><circle cx="20" cy="14" r="3.4" fill="#f7d9cf"/>',
  jar: '<rect x="9" y="5" width="14" height="5" rx="1.5" fill="#7aa7d9"/><path d="M8 11h16v14a3 3 0 0 1-3 3H11a3 3 0 0 1-3-3z" fill="#f3a24b"/><rect x="8" y="15" width="16" height="7" fill="#fff3df"/>',
  nappies: '<rect x="5" y="9" width="22" height="18" rx="3" fill="#8fb8e8"/><path d="M11 16h10c0 5-2 7-5 7s-5-2-5-7z" fill="#fff"/><path d="M12 9c0-5 8-5 8 0" stroke="#5b86bd" stroke-width="2" fill="none"/>',
  platter: '<ellipse cx="16" cy="23" rx="13" ry="4" fill="#9aa5a0"/><path d="M5 21c0-15 22-15 22 0z" fill="#c9d2cd"/><circle cx="16" cy="8" r="2" fill="#7f8a85"/>',
  coupon: '<path d="M3 9h26v4a3 3 0 0 0 0 6v4H3v-4a3 3 0 0 0 0-6z" fill="#f0b429"/><path d="M20 9v14" stroke="#8a6100" stroke-width="1.6" stroke-dasharray="2 2"/><path d="M8 20l7-8" stroke="#5c4100" stroke-width="1.8"/><circle cx="9" cy="13" r="1.5" fill="#5c4100"/><circle cx="14" cy="19" r="1.5" fill="#5c4100"/>',
};

/** An image element of that name. */
export function picture(name, size) {
  const image = document.createElement("img");
  image.src = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shapes[name]}</svg>`)}`;
  image.width = image.height = size;
  image.alt = "";
  return image;
}
