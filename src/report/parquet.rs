//! `lookups.csv` as Parquet: typed columns, compressed, for runs whose ten
//! million rows are a burden as text. Read from the finished CSV a row group at
//! a time, so it costs no memory and cannot disagree with it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// What a column holds; an empty field is a null.
#[derive(Clone, Copy)]
enum Type {
    Int,
    Float,
    Bool,
    Text,
}

/// The columns of `lookups.csv`.
const COLUMNS: [(&str, Type); 14] = [
    ("lookup", Type::Int),
    ("kind", Type::Text),
    ("start_s", Type::Float),
    ("origin", Type::Int),
    ("target", Type::Text),
    ("outcome", Type::Text),
    ("exact", Type::Bool),
    ("recall_k", Type::Float),
    ("hops", Type::Int),
    ("rounds", Type::Int),
    ("rpcs", Type::Int),
    ("timeouts", Type::Int),
    ("latency_ms", Type::Float),
    ("found_cpl_bits", Type::Int),
];

/// Writes `lookups.parquet` beside the `lookups.csv` in `dir`.
///
/// # Errors
/// If the CSV cannot be read, or the Parquet file not be written.
pub fn write_lookups(dir: &Path) -> io::Result<()> {
    let mut reader = csv::Reader::from_path(dir.join("lookups.csv"))?;
    let columns = COLUMNS.map(|(name, _)| name);
    if reader.headers()?.iter().ne(columns) {
        return Err(io::Error::other("lookups.csv has other columns than expected"));
    }
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let schema = Arc::new(parse_message_type(&schema()).map_err(io::Error::other)?);
    let file = File::create(dir.join("lookups.parquet"))?;
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(io::Error::other)?;
    let mut rows = reader.records();
    loop {
        let group: Vec<csv::StringRecord> =
            rows.by_ref().take(GROUP).collect::<Result<_, _>>().map_err(io::Error::other)?;
        if group.is_empty() {
            break;
        }
        write_group(&mut writer, &group).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

fn schema() -> String {
    let fields = COLUMNS.map(|(name, kind)| {
        let kind = match kind {
            Type::Int => "int64",
            Type::Float => "double",
            Type::Bool => "boolean",
            Type::Text => return format!("optional binary {name} (string);"),
        };
        format!("optional {kind} {name};")
    });
    format!("message lookups {{ {} }}", fields.join(" "))
}

fn write_group(
    writer: &mut SerializedFileWriter<File>,
    rows: &[csv::StringRecord],
) -> Result<(), parquet::errors::ParquetError> {
    let mut group = writer.next_row_group()?;
    let mut columns = COLUMNS.iter().enumerate();
    while let Some(mut column) = group.next_column()? {
        let Some((at, (_, kind))) = columns.next() else { break };
        write_column(&mut column, rows, at, *kind)?;
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn write_column(
    column: &mut SerializedColumnWriter<'_>,
    rows: &[csv::StringRecord],
    at: usize,
    kind: Type,
) -> Result<(), parquet::errors::ParquetError> {
    let fields = rows.iter().map(|row| &row[at]);
    let levels: Vec<i16> = fields.clone().map(|field| i16::from(!field.is_empty())).collect();
    let filled = fields.filter(|field| !field.is_empty());
    let malformed = |field: &str| {
        parquet::errors::ParquetError::General(format!("`{field}` in column {}", COLUMNS[at].0))
    };
    let levels = Some(&levels[..]);
    match kind {
        Type::Int => {
            let values: Vec<i64> =
                filled.map(|f| f.parse().map_err(|_| malformed(f))).collect::<Result<_, _>>()?;
            column.typed::<Int64Type>().write_batch(&values, levels, None)?;
        }
        Type::Float => {
            let values: Vec<f64> =
                filled.map(|f| f.parse().map_err(|_| malformed(f))).collect::<Result<_, _>>()?;
            column.typed::<DoubleType>().write_batch(&values, levels, None)?;
        }
        Type::Bool => {
            let values: Vec<bool> =
                filled.map(|f| f.parse().map_err(|_| malformed(f))).collect::<Result<_, _>>()?;
            column.typed::<BoolType>().write_batch(&values, levels, None)?;
        }
        Type::Text => {
            let values: Vec<ByteArray> = filled.map(ByteArray::from).collect();
            column.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    #[test]
    fn every_field_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let header = COLUMNS.map(|(name, _)| name).join(",");
        let rows = [
            "0,lookup,1.5,7,00ff,ok,true,1,2,3,21,0,730.25,12",
            "1,get,2,8,0f,failed,,,,1,3,3,1000,",
            "2,store,2.25,9,f0,aborted,,,,0,0,0,,",
        ];
        let text = format!("{header}\n{}\n", rows.join("\n"));
        std::fs::write(folder.path().join("lookups.csv"), text).unwrap();
        write_lookups(folder.path()).unwrap();

        let file = File::open(folder.path().join("lookups.parquet")).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let back = reader.get_row_iter(None).unwrap().map(|row| {
            let fields = row.unwrap().into_columns().into_iter().map(|(_, field)| match field {
                Field::Null => String::new(),
                Field::Long(value) => value.to_string(),
                Field::Double(value) => value.to_string(),
                Field::Bool(value) => value.to_string(),
                Field::Str(value) => value,
                other => panic!("{other}"),
            });
            fields.collect::<Vec<_>>().join(",")
        });
        assert_eq!(back.collect::<Vec<_>>(), rows);
    }
}
