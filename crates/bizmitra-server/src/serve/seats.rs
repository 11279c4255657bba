//! Who may hold a connection: a number for all, and a share of it for one address, so that one stranger cannot take all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::client_address::ClientAddress;

/// The seats of one server.
#[derive(Debug)]
pub(super) struct Seats {
    per_address: usize,
    all: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<ClientAddress, usize>,
}

/// Why there was no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// Every seat is taken.
    Full,
    /// This address has its share.
    Share(ClientAddress),
}

/// One connection's seat; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: Option<ClientAddress>,
}

impl Seats {
    /// `all` seats, of which one address gets `per_address`.
    pub(super) fn new(per_address: usize, all: usize) -> Arc<Self> {
        Arc::new(Self {
            per_address,
            all,
            taken: Mutex::default(),
        })
    }

    /// Takes a seat. A proxy of ours has no address here: it stands for everybody and takes no share.
    pub(super) fn take(self: &Arc<Self>, address: Option<ClientAddress>) -> Result<Seat, NoSeat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.all {
            return Err(NoSeat::Full);
        }
        if let Some(address) = address {
            let own = taken.by_address.entry(address).or_default();
            if *own >= self.per_address {
                return Err(NoSeat::Share(address));
            }
            *own += 1;
        }
        taken.all += 1;
        Ok(Seat {
            seats: self.clone(),
            address,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self
            .seats
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(own) = taken.by_address.get_mut(&address)
        {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(text: &str) -> Option<ClientAddress> {
        Some(ClientAddress::from(text.parse::<IpAddr>().unwrap()))
    }

    #[test]
    fn one_address_gets_its_share_and_others_still_sit_down() {
        let seats = Seats::new(2, 8);
        let flooder = address("2001:db8::1");
        let held = [
            seats.take(flooder).unwrap(),
            seats.take(address("2001:db8::2")).unwrap(),
        ];
        assert_eq!(
            seats.take(flooder).unwrap_err(),
            NoSeat::Share(flooder.unwrap())
        );
        let other = seats.take(address("2001:db8:0:1::1"));
        assert!(other.is_ok());
        drop(held);
        assert!(seats.take(flooder).is_ok());
    }

    #[test]
    fn a_full_house_takes_nobody_until_someone_leaves() {
        let seats = Seats::new(2, 3);
        let mut held: Vec<_> = (1..=3)
            .map(|number| seats.take(address(&format!("192.0.2.{number}"))).unwrap())
            .collect();
        assert_eq!(seats.take(address("192.0.2.9")).unwrap_err(), NoSeat::Full);
        assert_eq!(seats.take(None).unwrap_err(), NoSeat::Full);
        held.pop();
        assert!(seats.take(address("192.0.2.9")).is_ok());
    }

    #[test]
    fn a_proxy_takes_no_share_and_empty_addresses_are_forgotten() {
        let seats = Seats::new(1, 8);
        let held: Vec<_> = (0..8).map(|_| seats.take(None).unwrap()).collect();
        drop(held);
        drop(seats.take(address("192.0.2.1")).unwrap());
        let taken = seats.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by_address.len()), (0, 0));
    }
}
