// Starts the WebAssembly module. A file rather than an inline script, so that the page's
// content security policy can stay at `script-src 'self' 'wasm-unsafe-eval'`.
(async (script) => {
  const say = (text) => {
    const place = document.getElementById("boot-text");
    if (place) place.textContent = text;
  };
  if (typeof WebAssembly !== "object") {
    say("This browser cannot run WebAssembly, which the catalog is built with.");
    return;
  }
  try {
    const { default: init } = await import(script.dataset.module);
    await init({ module_or_path: script.dataset.wasm });
    document.getElementById("boot")?.remove();
  } catch (error) {
    console.error(error);
    say("The catalog could not start. Reload the page; if that does not help, the browser's console says why.");
  }
})(document.currentScript);
