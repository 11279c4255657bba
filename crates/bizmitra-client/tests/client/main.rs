//! The client against real sockets: our server, servers that are not, and connections that break.

#[cfg(test)]
mod breaks;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod pki;
#[cfg(test)]
mod server;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod support;
