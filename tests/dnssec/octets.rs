//! Changes to the encoded octets of a reply.

use crate::forger::Draft;
use crate::numbers::Numbers;

fn octet(numbers: &mut Numbers) -> u8 {
    u8::try_from(numbers.below(256)).unwrap()
}

/// Changes the ID, or a letter of the question.
pub(crate) fn other_question(draft: &mut Draft<'_>) {
    draft.finish = |mut octets, numbers| {
        let at = if numbers.below(2) == 0 { 1 } else { 13 };
        octets[at] ^= 1;
        octets
    };
}

/// Replaces the octets after the header and the question, or from an arbitrary offset, with arbitrary ones.
pub(crate) fn garbage(draft: &mut Draft<'_>) {
    draft.finish = |mut octets, numbers| {
        let start = if numbers.below(2) == 0 { 12 } else { numbers.below(octets.len()) };
        let count = numbers.below(octets.len() - start) + 1;
        (0..count.min(40)).for_each(|at| octets[start + at] = octet(numbers));
        octets
    };
}

pub(crate) fn truncate(draft: &mut Draft<'_>) {
    draft.finish = |mut octets, numbers| {
        octets.truncate(numbers.below(octets.len()));
        octets
    };
}

/// Changes a compression pointer to point to itself or to another pointer.
pub(crate) fn compression_loop(draft: &mut Draft<'_>) {
    draft.finish = |mut octets, numbers| {
        let is_pointer = |at: &usize| octets[*at] & 0xc0 == 0xc0;
        let pointers: Vec<usize> = (12..octets.len() - 1).filter(is_pointer).collect();
        if let Some(at) = pointers.get(numbers.below(pointers.len())) {
            let to = pointers[numbers.below(pointers.len())];
            let to = if numbers.below(2) == 0 { *at } else { to };
            let pointer = 0xc000 | u16::try_from(to & 0x3fff).unwrap();
            octets[*at..at + 2].copy_from_slice(&pointer.to_be_bytes());
        }
        octets
    };
}

/// Fills the message up to its size limit, with an RRSIG whose signer is a compression pointer or with small records.
pub(crate) fn huge(draft: &mut Draft<'_>) {
    draft.finish = |octets, numbers| match numbers.below(2) {
        0 => with_long_signature(octets),
        _ => with_many_records(octets),
    };
}

const MOST: usize = 65_535;

fn count_of_additional(octets: &mut [u8], more: usize) {
    let count = u16::from_be_bytes([octets[10], octets[11]]);
    let count = count.saturating_add(u16::try_from(more).unwrap());
    octets[10..12].copy_from_slice(&count.to_be_bytes());
}

/// Appends an RRSIG as long as the message allows, with a compressed signer name, so that the expanded RDATA is longer
/// than RDATA may be. The RRSIG is in the last section that has records, which is the answer section if there is data.
pub(crate) fn with_long_signature(mut octets: Vec<u8>) -> Vec<u8> {
    let Some(length) = (MOST - 12).checked_sub(octets.len()) else { return octets };
    let last = [10, 8].into_iter().find(|at| octets[*at..*at + 2] != [0, 0]).unwrap_or(6);
    octets[last + 1] += 1;
    octets.extend([0xc0, 12, 0, 46, 0, 1, 0, 0, 1, 44]);
    octets.extend(u16::try_from(length).unwrap().to_be_bytes());
    let head = [0, 52, 13, 1, 0, 0, 1, 44, 0x96, 0, 0, 0, 0x60, 0, 0, 0, 1, 1, 0xc0, 12];
    octets.extend(head.into_iter().chain(std::iter::repeat(0x77)).take(length));
    octets
}

fn with_many_records(mut octets: Vec<u8>) -> Vec<u8> {
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 99];
    let count = (MOST.saturating_sub(octets.len())) / record.len();
    count_of_additional(&mut octets, count);
    (0..count).for_each(|_| octets.extend(record));
    octets
}
