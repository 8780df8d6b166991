//! A small CSV table in memory: numbers in the shortest form that reads back
//! the same, nothing for what was not measured.

/// A CSV file in the making.
pub(super) struct Csv {
    writer: csv::Writer<Vec<u8>>,
}

impl Csv {
    pub(super) fn new(columns: &[impl AsRef<str>]) -> Self {
        let mut csv = Self { writer: csv::Writer::from_writer(Vec::new()) };
        csv.row(columns);
        csv
    }

    pub(super) fn row(&mut self, fields: impl IntoIterator<Item = impl AsRef<str>>) {
        // Writing to memory fails only for rows of different lengths, which
        // would be a mistake in this program.
        let row: Vec<String> = fields.into_iter().map(|field| field.as_ref().to_owned()).collect();
        self.writer.write_record(&row).expect("every row has all columns");
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }
}

/// A number, or nothing.
pub(super) fn number(value: impl Into<Option<f64>>) -> String {
    value.into().filter(|value| value.is_finite()).map_or(String::new(), |v| v.to_string())
}
