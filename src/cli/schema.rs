//! `kadsim schema`: the JSON Schema of scenario files.

use super::{Failure, print};
use crate::scenario::json_schema;

pub(super) fn execute() -> Result<(), Failure> {
    print(&(json_schema() + "\n"))
}
