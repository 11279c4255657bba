// Starts the app. Kept outside of index.html: the content security policy allows no inline script.
import init from '/bizmitra-ui.js';

const stopped = () => document.documentElement.classList.add('panicked');

document.getElementById('reload').addEventListener('click', () => location.reload());
init({ module_or_path: '/bizmitra-ui_bg.wasm' }).catch(stopped);
