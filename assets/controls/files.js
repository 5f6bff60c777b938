// Files that the visitor saves or opens. None of them is sent anywhere by itself.

/** Download a file. */
export function saveFile(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Download what a canvas shows. */
export async function savePicture(name, canvas) {
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  saveFile(name, blob, "image/png");
}

/** Have a button ask for a file, and call `opened(file)` with it. */
export function opens(button, accept, opened) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept, hidden: true });
  button.after(input);
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) await opened(file);
    input.value = ""; // the same file may be opened again
  });
}
