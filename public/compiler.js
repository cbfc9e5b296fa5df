// Starts the compiler in a worker: a file of its own, since the page's content security policy allows no other script.
importScripts("./workbench.js");
wasm_bindgen({ module_or_path: "./workbench_bg.wasm" });
