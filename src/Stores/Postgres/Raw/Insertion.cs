using System.Globalization;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>
/// Rows to insert into a table, column by column. Few go as a statement with the others of their round trip; many go as a copy, which costs a round
/// trip of its own and a third less of the database's time.
/// </summary>
/// <param name="table">The table.</param>
internal sealed class Insertion<TRow>(string table)
{
    /// <summary>From how many rows on a copy pays.</summary>
    public const int Many = 500;

    /// <summary>How many go as one copy: a session that takes no new command for seconds counts as one whose client has stopped.</summary>
    private const int MostInCopy = 20_000;

    private readonly List<(string Name, string Type, Action<Statement, List<TRow>> Add, Action<CopyRows, TRow> Write)> _columns = [];
    private string? _insert;
    private string? _copy;

    public Insertion<TRow> Long(string name, Func<TRow, long?> value) =>
        With(name, "bigint", (statement, rows) => statement.Add(rows.ConvertAll(row => value(row))), (copy, row) => copy.Long(value(row)));

    public Insertion<TRow> Int(string name, Func<TRow, int?> value) =>
        With(name, "int", (statement, rows) => statement.Add(rows.ConvertAll(row => value(row))), (copy, row) => copy.Int(value(row)));

    /// <summary>A column of words, which are written as they are.</summary>
    public Insertion<TRow> Word(string name, Func<TRow, string> word) =>
        With(name, "text", (statement, rows) => statement.Words(rows, word), (copy, row) => copy.Text(word(row)));

    public Insertion<TRow> Text(string name, Func<TRow, string> text) =>
        With(name, "text", (statement, rows) => statement.Texts(rows, text), (copy, row) => copy.Text(Texts.Write(text(row))));

    /// <summary>Queues the insertion of few rows, or does that of many at once.</summary>
    public void Into(Database db, List<TRow> rows)
    {
        if (rows.Count < Many)
        {
            var statement = db.Queue(_insert ??= Insert());
            foreach (var column in _columns)
                column.Add(statement, rows);
            return;
        }

        _copy ??= $"copy {table} ({Names}) from stdin (format binary)";
        for (var from = 0; from < rows.Count; from += MostInCopy)
        {
            var copy = new CopyRows();
            for (var at = from; at < Math.Min(from + MostInCopy, rows.Count); at++)
            {
                copy.Row(_columns.Count);
                foreach (var column in _columns)
                    column.Write(copy, rows[at]);
            }

            copy.End();
            db.Copy(_copy, copy.Written);
        }
    }

    private string Names => string.Join(", ", _columns.Select(column => column.Name));

    private string Insert() => string.Create(
        CultureInfo.InvariantCulture, $"insert into {table} ({Names}) select * from unnest({string.Join(", ", _columns.Select((column, no) => $"${no + 1}::{column.Type}[]"))})");

    private Insertion<TRow> With(string name, string type, Action<Statement, List<TRow>> add, Action<CopyRows, TRow> write)
    {
        _columns.Add((name, type, add, write));
        return this;
    }
}
