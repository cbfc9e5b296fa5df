
// Starts the app from the page itself: an exported catalog asks nobody for anything.
{
  const say = (text) => {
    const place = document.getElementById("boot-text");
    if (place) place.textContent = text;
  };
  try {
    if (typeof DecompressionStream !== "function") throw new Error("no DecompressionStream");
    const packed = document.querySelector('script[data-part="app"]').textContent.trim();
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const app = new Response(stream, { headers: { "content-type": "application/wasm" } });
    await __wbg_init({ module_or_path: app });
    document.getElementById("boot")?.remove();
  } catch (error) {
    console.error(error);
    say("The catalog could not start. It needs a browser of 2023 or newer; the browser's console says more.");
  }
}
