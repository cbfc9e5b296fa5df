// Starts a program in a worker, which is called like the program: a file of its own, since the page's content security
// policy allows no other script.
importScripts(`./${self.name}.js`);
wasm_bindgen({ module_or_path: `./${self.name}_bg.wasm` });
