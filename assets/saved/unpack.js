// What a saved page begins with: its scripts and its network are unpacked from the page itself, for it may fetch nothing.
// Every script imports others by their place in assets/, "/page/state.js", and comes after them in the list.

(async () => {
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
  const worth = new Map([...DIGITS].map((digit, value) => [digit, value]));

  /** What Python's base64.b85encode was given: five digits to the base of 85 are four bytes. */
  function decoded(text) {
    const bytes = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
    for (let at = 0; at < text.length; at += 5) {
      const group = text.slice(at, at + 5).padEnd(5, "~");
      bytes.setUint32(at / 5 * 4, [...group].reduce((sum, digit) => sum * 85 + worth.get(digit), 0));
    }
    return bytes.buffer.slice(0, Math.floor(text.length * 4 / 5));
  }

  const unpacked = (id) => {
    const packed = decoded(document.getElementById(id).textContent);
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
