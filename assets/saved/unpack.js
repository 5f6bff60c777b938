// What a saved page begins with: its scripts and its network are unpacked from the page itself, for it may fetch nothing.
// Every script imports others by their place in assets/, "/page/state.js", and comes after them in the list.

(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("saved").textContent), (character) => character.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const content = await new Response(unpacked).json();
  const style = document.createElement("style");
  style.textContent = content.style;
  document.head.append(style);
  const places = {};
  for (const [name, script] of content.scripts) {
    const own = script.replace(/(from|import) "(\/[^"]+)"/g, (_, word, module) => `${word} "${places[module]}"`);
    places[name] = URL.createObjectURL(new Blob([own], { type: "text/javascript" }));
  }
  const { open } = await import(places["/saved/saved.js"]);
  open(content);
})();
