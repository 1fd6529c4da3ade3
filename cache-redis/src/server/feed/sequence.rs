//! The order of a feed's messages, in which a lost one shows.

/// A message of a feed: a change, or a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    epoch: &'a [u8],
    /// The number of a change; in a pulse, that of the newest change.
    number: u64,
    /// The name of the change's marker; `None` in a pulse.
    pub(super) name: Option<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// Reads `epoch:number name`, or `epoch:number` for a pulse.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let mut words = text.splitn(2, |byte| *byte == b' ');
        let mut place = words.next()?.splitn(2, |byte| *byte == b':');
        let epoch = place.next()?;
        let number = std::str::from_utf8(place.next()?).ok()?.parse().ok()?;
        Some(Self { epoch, number, name: words.next() })
    }
}

/// The newest message that was heard. Another epoch is another feed: the key was lost, and the
/// numbers with it.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    heard: Option<(Vec<u8>, u64)>,
}

impl Sequence {
    /// Notes a message. Returns true when others before it were missed: its number does not follow,
    /// or its epoch is another one. A number that goes back does not follow either, because a
    /// server that failed over may have forgotten some.
    pub(super) fn misses_before(&mut self, message: &Message<'_>) -> bool {
        let Message { epoch, number, name } = *message;
        let follows = |(known, heard): &(Vec<u8>, u64)| {
            *known == epoch && number == heard + u64::from(name.is_some())
        };
        let misses = self.heard.as_ref().is_some_and(|heard| !follows(heard));
        self.heard = Some((epoch.to_vec(), number));
        misses
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fastrand::Rng;

    use super::*;

    #[test]
    fn messages_are_read_as_scripts_write_them() {
        let read = Message::read(b"0af:7 shop:!users:1:{2}:i:3").unwrap();
        assert_eq!((read.epoch, read.number), (&b"0af"[..], 7));
        assert_eq!(read.name, Some(&b"shop:!users:1:{2}:i:3"[..]));
        assert_eq!(Message::read(b"0af:0").unwrap().name, None);
        for odd in [&b""[..], b"0af", b"0af:", b"0af:x name", b":", b"\xff\xfe"] {
            assert_eq!(Message::read(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_gap_another_epoch_and_a_number_that_goes_back_are_noticed() {
        let mut sequence = Sequence::default();
        let mut hears =
            |text: &str| sequence.misses_before(&Message::read(text.as_bytes()).unwrap());
        assert!(!hears("a:5"), "nothing was known before");
        assert!(!hears("a:6 x") && !hears("a:6") && !hears("a:7 x"));
        assert!(hears("a:9 x"), "8 is missing");
        assert!(!hears("a:10 x"));
        assert!(hears("a:11"), "11 itself is missing");
        assert!(hears("b:11") && !hears("b:12 x"));
        assert!(hears("b:12 x"), "it was forgotten, and counted again");
    }

    /// A server, a node that listens, and a network that loses messages.
    struct World {
        rng: Rng,
        epoch: u32,
        number: u64,
        /// The keys whose old values the node still has.
        stale: BTreeSet<u8>,
        hears: Box<dyn FnMut(&Message<'_>) -> bool>,
    }

    impl World {
        fn deliver(&mut self, name: Option<&str>) {
            if self.rng.u8(..) < 40 {
                return;
            }
            let place = format!("{:x}:{}", self.epoch, self.number);
            let text = name.map_or(place.clone(), |name| format!("{place} {name}"));
            let message = Message::read(text.as_bytes()).unwrap();
            if (self.hears)(&message) {
                self.stale.clear();
            }
            if let Some([key, ..]) = message.name {
                self.stale.remove(key);
            }
            // A pulse that came says that nothing is stale any more; one that was lost is noticed
            // by its silence.
            assert!(name.is_some() || self.stale.is_empty(), "{:?}", self.stale);
        }

        fn step(&mut self) {
            match self.rng.u8(..) {
                // The key of the feed is evicted, and the next pulse begins another.
                0..4 => {
                    self.stale.insert(b'z');
                    (self.epoch, self.number) = (self.epoch + 1, 0);
                    self.deliver(None);
                }
                4..60 => self.deliver(None),
                _ => {
                    let key = self.rng.u8(b'a'..b'g');
                    self.stale.insert(key);
                    self.number += 1;
                    self.deliver(Some(std::str::from_utf8(&[key]).unwrap()));
                }
            }
        }
    }

    fn run(seed: u64, hears: impl FnMut(&Message<'_>) -> bool + 'static) {
        let hears = Box::new(hears);
        let stale = BTreeSet::new();
        let mut world = World { rng: Rng::with_seed(seed), epoch: 0, number: 0, stale, hears };
        (world.hears)(&Message::read(b"0:0").unwrap());
        (0..200).for_each(|_| world.step());
    }

    #[test]
    fn whatever_is_lost_nothing_stale_outlives_the_next_pulse() {
        for seed in 0..500 {
            let mut sequence = Sequence::default();
            run(seed, move |message| sequence.misses_before(message));
        }
    }

    #[test]
    #[should_panic(expected = "{")]
    fn a_node_that_takes_no_notice_of_gaps_is_found_out() {
        for seed in 0..500 {
            run(seed, |_| false);
        }
    }
}
