//! Entry of the web bundle.

fn main() {
    bizmitra_ui::mount();
}
