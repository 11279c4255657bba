#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bizmitra_fuzz::targets::picture(data));
