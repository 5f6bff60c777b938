// What a saved page begins with: its scripts and its network are unpacked from the page itself, for it may fetch nothing.
// Every script imports others by their place in assets/, "/page/state.js", and comes after them in the list.

(async () => {
  const unpacked = (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (character) => character.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
  };
  const content = await unpacked("content").json();
  // All first bytes of the numbers lie together, then all second ones, and so on: they pack better.
  const planes = new Uint8Array(await unpacked("weights").arrayBuffer());
  const file = planes.map((_, at) => planes[(at % 4) * (planes.length / 4) + (at >> 2)]);
  const style = document.createElement("style");
  style.textContent = content.style;
  document.head.append(style);
  const places = {};
  for (const [name, script] of content.scripts) {
    const own = script.replace(/(from |import |import\()"(\/[^"]+)"/g, (_, word, module) => `${word}"${places[module]}"`);
    places[name] = URL.createObjectURL(new Blob([own], { type: "text/javascript" }));
  }
  const { open } = await import(places["/saved/saved.js"]);
  open({ ...content, told: { file, check: content.check } });
})();
