//! The folder, the names and the bytes of a file.

use std::path::Path;

use acquaint_store::catalog::{FieldMapping, FieldSource};

use super::{build, config, name};

fn mapping() -> Vec<FieldMapping> {
    ["id", "text"]
        .map(|to| FieldMapping { source: FieldSource::Path(to.into()), to: to.into(), mandatory: false })
        .into()
}

#[test]
fn a_file_has_the_name_that_such_exports_have_elsewhere() {
    let at_ms = 1_514_764_800_000;
    assert_eq!(name::name("crm", "lapsed", at_ms, 1), "crm_segmentlapsed_20180101000000.csv");
    assert_eq!(name::name("crm", "lapsed", at_ms, 2), "crm_segmentlapsed_20180101000000_2.csv");
    assert_eq!(name::name("../x", "a/b ü", at_ms, 1), "..-x_segmenta-b--_20180101000000.csv");
    let long = name::name(&"x".repeat(400), "a", at_ms, 1);
    assert!(long.len() == 255 && long.ends_with("_20180101000000.csv"));
}

#[test]
fn a_folder_cannot_lead_out_of_the_data_directory() {
    for directory in ["", ".", "/etc", "../up", "a/../../b"] {
        assert!(config::inside(Path::new(directory)).is_err(), "{directory}");
    }
    assert_eq!(config::inside(Path::new("./a/b")).unwrap(), Path::new("a/b"));
}

#[test]
fn a_file_is_quoted_where_it_must_be_and_nothing_else_is_left_in_the_folder() {
    let data = tempfile::tempdir().unwrap();
    let files = build(data.path(), Path::new("exports")).unwrap();
    let rows = [vec![Some("1".into()), Some("a,\"b\"\nc".into())], vec![Some("2".into()), None]];
    for rows in [&rows[..1], &rows[..]] {
        let path = files.write("f.csv", &mapping(), rows).unwrap();
        assert_eq!(path, "exports/f.csv");
    }
    let text = std::fs::read_to_string(data.path().join("exports/f.csv")).unwrap();
    assert_eq!(text, "id,text\n1,\"a,\"\"b\"\"\nc\"\n2,\n");
    assert_eq!(std::fs::read_dir(data.path().join("exports")).unwrap().count(), 1);
}
