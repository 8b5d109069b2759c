//! Sealed bytes of every kind. The first byte of an input says which kind it is read as; the rest is the content, which is
//! given a right envelope, so that the checksum does not keep the decoder from being reached; a bundle's is packed for it.
//! Kind 0: as it is. Kind 12: a bundle's content, packed already. Kind 14: the signature that sealed bytes travel with.

use acquaint_core::eval::{self, Slice};
use acquaint_core::id::ProfileId;
use acquaint_core::lang;
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::{Identity, LinkKind};
use acquaint_core::state::{self, State};
use acquaint_core::wire::{
    self, Bundle, Forward, ForwardedConsent, ForwardedEvent, Projection, ProjectionBatch, Receipt, Sealed,
    signature,
};
use acquaint_edge::visit::{Outcome, Visit};
use acquaint_store::graph_trail::{GraphChange, Why};
use acquaint_store::record::{Change, Record};
use acquaint_store::{ProfileDocument, StoredEvent};
use xxhash_rust::xxh3::Xxh3;

use super::world::{self, Anything, NOW_MS};

const HEADER_BYTES: usize = 20;

/// Any bytes are a value, which has the same bytes again, or an error.
pub fn sealed(input: &[u8]) {
    let Some((kind, content)) = input.split_first() else { return };
    match kind {
        0 => {
            let _ = wire::open::<Bundle>(content);
        }
        1 => {
            if let Some(bundle) = opened::<Bundle>(content) {
                hostile(&Prepared::new(bundle.program));
            }
        }
        2 => {
            if let Some(projection) = opened::<Projection>(content) {
                with_state(&projection.state);
            }
        }
        3 => drop(opened::<ProjectionBatch>(content)),
        4 => drop(opened::<Forward>(content)),
        5 => drop(opened::<Receipt>(content)),
        6 => {
            if let Some(document) = opened::<ProfileDocument>(content) {
                with_state(&document.state);
            }
        }
        7 => drop(opened::<StoredEvent>(content)),
        8 => drop(opened::<Record>(content)),
        9 => drop(opened::<Change>(content)),
        10 => drop(opened::<Visit>(content)),
        11 => drop(opened::<Outcome>(content)),
        12 => unpacked(content),
        13 => drop(opened::<GraphChange>(content)),
        14 => signed(content),
        _ => {}
    }
}

/// Nobody who does not know the secret makes a signature that holds.
fn signed(header: &[u8]) {
    let Ok(header) = std::str::from_utf8(header) else { return };
    let right = signature::sign("secret", "/path", b"body", NOW_MS);
    match signature::verify("secret", "/path", header, NOW_MS) {
        Ok(found) => assert!(header == right && found.is(b"body"), "{header}"),
        Err(error) => assert!(header != right, "{error}"),
    }
}

/// Anything instead of what a packer gives.
fn unpacked(packed: &[u8]) {
    if let Err(error) = wire::open::<Bundle>(&envelope::<Bundle>(packed)) {
        let expected =
            matches!(error, wire::Error::Packing | wire::Error::TooLong { .. } | wire::Error::Content);
        assert!(expected, "{error}");
    }
}

fn packed<T: Sealed>(content: &[u8]) -> Vec<u8> {
    if !T::PACKED {
        return content.to_vec();
    }
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&length[..], &miniz_oxide::deflate::compress_to_vec(content, 1)].concat()
}

fn envelope<T: Sealed>(content: &[u8]) -> Vec<u8> {
    let mut hash = Xxh3::new();
    hash.update(&T::KIND.to_le_bytes());
    hash.update(&T::VERSION.to_le_bytes());
    hash.update(content);
    let mut bytes = b"ACQ1".to_vec();
    bytes.extend(T::KIND.to_le_bytes());
    bytes.extend(T::VERSION.to_le_bytes());
    bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    bytes.extend(hash.digest().to_le_bytes());
    bytes.extend(content);
    bytes
}

fn opened<T: Sealed>(content: &[u8]) -> Option<T> {
    match wire::open::<T>(&envelope::<T>(&packed::<T>(content))) {
        Ok(value) => {
            let bytes = wire::seal(&value).unwrap();
            let again: T = wire::open(&bytes).unwrap();
            assert_eq!(wire::seal(&again).unwrap(), bytes);
            Some(value)
        }
        Err(error) => {
            assert!(matches!(error, wire::Error::Content), "{error}");
            None
        }
    }
}

/// A program that nobody compiled is evaluated all the same: it may answer anything, and must not crash.
fn hostile(program: &Prepared) {
    let person = world::person();
    let _ = eval::run(program, person.subject(), NOW_MS);
    let mut state = State::default();
    for event in &person.events {
        state::fold(program, &mut state, event, NOW_MS);
    }
    answered(program, &state);
    for audience in 0..program.audiences.len().min(4) {
        let _ = eval::explain_run(program, u32::try_from(audience).unwrap(), person.subject(), NOW_MS);
    }
    let _ = program.edge();
    let _ = program.attribute_paths();
}

fn answered(program: &Prepared, state: &State) {
    let subject = world::person().subject();
    let slice = Slice {
        attributes: subject.attributes,
        identities: subject.identities,
        memberships: subject.memberships,
        state,
    };
    let _ = eval::answer(program, slice, NOW_MS);
    let _ = state::next_deadline(program, slice, NOW_MS);
}

/// State that nobody folded.
fn with_state(state: &State) {
    let program = program();
    answered(&program, state);
    let mut state = state.clone();
    for event in &world::person().events {
        state::fold(&program, &mut state, event, NOW_MS);
    }
    state::expire(&program, &mut state, NOW_MS);
    answered(&program, &state);
    let _ = state::migrate(&program, &[], &mut state, NOW_MS);
}

fn program() -> Prepared {
    let rules = world::rules();
    let checked = rules
        .iter()
        .filter_map(|text| lang::compile(std::str::from_utf8(text).ok()?, world::schema(), &Anything).ok());
    let definitions: Vec<Definition> = (0..)
        .zip(checked)
        .map(|(number, checked)| Definition {
            id: format!("a{number}").as_str().into(),
            mode: Mode::Edge,
            checked,
        })
        .collect();
    Prepared::new(Program::build(&definitions).unwrap())
}

/// A value of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0, b'A', b'C', b'Q', b'1']];
    for text in world::rules() {
        let Ok(text) = std::str::from_utf8(&text) else { continue };
        let Ok(checked) = lang::compile(text, world::schema(), &Anything) else { continue };
        let definition = Definition { id: "a".into(), mode: Mode::Edge, checked };
        let Ok(program) = Program::build(&[definition]) else { continue };
        let bundle =
            Bundle { version: 1, published_ms: 0, program, datastreams: Vec::new(), offers: Vec::new() };
        seeds.push(seed(1, &bundle));
        let packed = wire::seal(&bundle).unwrap().into_iter().skip(HEADER_BYTES);
        seeds.push(std::iter::once(12).chain(packed).collect());
    }
    let person = world::person();
    let subject = person.subject();
    let mut state = State::default();
    let program = program();
    for event in &person.events {
        state::fold(&program, &mut state, event, NOW_MS);
    }
    let projection = Projection {
        profile: 1,
        position: 1,
        made_ms: 1,
        attributes: subject.attributes.clone(),
        identities: subject.identities.clone(),
        memberships: subject.memberships.clone(),
        state: state.clone(),
    };
    let identity = Identity { namespace: "email".into(), id: "a".into() };
    let event = person.events[0].clone();
    seeds.push(seed(2, &projection));
    seeds.push(seed(
        3,
        &ProjectionBatch {
            projections: vec![(identity.clone(), projection)],
            forgotten: vec![identity.clone()],
        },
    ));
    let forwarded = ForwardedEvent {
        datastream: "d".into(),
        dataset: Some("e".into()),
        identities: vec![identity.clone()],
        event: event.clone(),
    };
    let said = ForwardedConsent {
        datastream: "d".into(),
        identities: vec![identity.clone()],
        id: "c".into(),
        at_ms: 1,
        purposes: vec![("collect".into(), Some("n".into())), ("share".into(), None)],
    };
    seeds.push(seed(4, &Forward { region: "or2".into(), events: vec![forwarded.into(), said.into()] }));
    seeds.push(seed(
        5,
        &Receipt { accepted: vec![("e".into(), 1)], refused: vec![("f".into(), "no".into())] },
    ));
    let mut document = ProfileDocument::new(ProfileId(1), 0);
    document.state = state;
    seeds.push(seed(6, &document));
    seeds.extend((8..=11).map(|kind| vec![kind, 0, 0, 0, 0, 0, 0, 0, 0]));
    let change = GraphChange {
        position: 1,
        number: 0,
        at_ms: NOW_MS,
        why: Why::Unlinked { who: "me".into() },
        kind: LinkKind::Declared,
        left: identity.clone(),
        right: identity.clone(),
        left_profile: ProfileId(1),
        right_profile: ProfileId(2),
    };
    seeds.push(seed(13, &change));
    seeds.push(seed(7, &StoredEvent { dataset: "d".into(), identity, event }));
    let signature = signature::sign("secret", "/path", b"body", NOW_MS);
    seeds.push(std::iter::once(14).chain(signature.into_bytes()).collect());
    seeds
}

fn seed<T: Sealed>(kind: u8, value: &T) -> Vec<u8> {
    let sealed = wire::seal(value).unwrap();
    let content = &sealed[HEADER_BYTES..];
    let content = if T::PACKED {
        miniz_oxide::inflate::decompress_to_vec(&content[size_of::<u32>()..]).unwrap()
    } else {
        content.to_vec()
    };
    std::iter::once(kind).chain(content).collect()
}
