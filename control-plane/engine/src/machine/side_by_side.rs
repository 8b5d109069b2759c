//! Work on several threads at once, which is over when the call is.

/// Does every piece of work, each on a thread of its own, the first on this one; the results in the order of the pieces.
pub(crate) fn side_by_side<T: Send, R: Send>(pieces: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut pieces = pieces.into_iter();
    let Some(first) = pieces.next() else { return Vec::new() };
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> = pieces.map(|piece| scope.spawn(move || work(piece))).collect();
        let first = work(first);
        let others = others.into_iter().map(|other| match other.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_pieces() {
        assert!(side_by_side(Vec::<u8>::new(), |piece| piece).is_empty());
        assert_eq!(side_by_side((0..5).collect(), |piece: u8| piece * 2), [0, 2, 4, 6, 8]);
    }
}
