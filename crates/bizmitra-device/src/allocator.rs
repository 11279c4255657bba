//! Freed memory is wiped, in every program that links a device.
//!
//! Keys and PINs wipe themselves. What others copy on the way does not: bodies and headers of requests hold the session's
//! token, JSON holds records, a buffer of input holds a PIN. All of it is freed by the time a device is locked, so wiping what
//! is freed leaves nothing for whoever reads the memory of a locked process or its core. It does not cover what lives on, nor
//! what the C code of SQLCipher allocates: pages of the open store, which the keystore's holder could read anyway.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);
