using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Storage;

namespace Switchyard.Stores;

/// <summary>How far a copy has come.</summary>
/// <param name="Table">The table it is at.</param>
/// <param name="Rows">How many of its rows are done.</param>
/// <param name="Of">How many it has.</param>
/// <param name="Checking">False while they are written, true while they are read again.</param>
public sealed record StoreCopyStep(string Table, long Rows, long Of, bool Checking);

/// <summary>A copy that did not come out right; nothing of it was kept.</summary>
public sealed class StoreCopyFailedException(string message) : Exception(message);

/// <summary>Moves all rows of one store into another, and keeps them only when both have the same.</summary>
public static class StoreCopy
{
    private const int FirstPage = 64;
    private const int MostInPage = 2000;

    /// <summary>What a page is to have in bytes, about: texts may be large, and a table of any size is to fit into memory page by page.</summary>
    private const long PageBytes = 4 << 20;

    /// <summary>Copies; answers how many rows of how many tables.</summary>
    /// <exception cref="StoreCopyFailedException">What was written is not what was read.</exception>
    /// <exception cref="StoreUnavailable">One of the two cannot be used.</exception>
    public static async Task<(long Rows, int Tables)> Run(IStoreTables from, IStoreTables to, Action<StoreCopyStep> say, CancellationToken stop)
    {
        var tables = await from.Tables(stop).ConfigureAwait(false);
        var others = await to.Tables(stop).ConfigureAwait(false);
        if (Shape(tables) is var shape && Shape(others) is var other && shape != other)
            throw new StoreCopyFailedException($"the two databases are not made alike: one has {shape}, the other {other}");

        var sums = new List<(long Rows, string Sum)>();
        foreach (var table in tables)
        {
            var of = await from.Count(table, stop).ConfigureAwait(false);
            var sum = await Go(from, table, of, false, rows => to.Write(table, rows, stop)).ConfigureAwait(false);
            if (sum.Rows != of)
                throw new StoreCopyFailedException($"{table.Name} has {of} rows, and {sum.Rows} could be read: the database is damaged");
            sums.Add(sum);
            await to.GoOnAbove(table, await from.LastNumber(table, stop).ConfigureAwait(false), stop).ConfigureAwait(false);
        }

        foreach (var (table, sum) in tables.Zip(sums))
        {
            var written = await Go(to, table, sum.Rows, true, _ => Task.CompletedTask).ConfigureAwait(false);
            var count = await to.Count(table, stop).ConfigureAwait(false);
            if (written != sum || count != sum.Rows)
                throw new StoreCopyFailedException($"{table.Name} did not arrive as it was: {sum.Rows} rows with the checksum {sum.Sum[..16]} became {count} with {written.Sum[..16]}");
        }

        await to.Keep(stop).ConfigureAwait(false);
        return (sums.Sum(sum => sum.Rows), tables.Count);

        async Task<(long Rows, string Sum)> Go(IStoreTables store, StoreTable table, long of, bool checking, Func<IReadOnlyList<object?[]>, Task> take)
        {
            using var sum = new RowSum();
            var places = table.Key.Select(column => table.Columns.ToList().IndexOf(column)).ToArray();
            object?[]? last = null;
            var page = FirstPage;
            while (true)
            {
                var before = sum.Bytes;
                var rows = await store.Read(table, last is null ? null : [.. places.Select(place => last[place])], page, stop).ConfigureAwait(false);
                if (rows.Count > 0)
                    await take(rows).ConfigureAwait(false);
                foreach (var row in rows)
                    sum.Add(row);
                say(new StoreCopyStep(table.Name, sum.Rows, of, checking));
                if (rows.Count < page)
                    return (sum.Rows, sum.End());
                last = rows[^1];
                page = sum.Bytes - before > PageBytes ? Math.Max(1, page / 2) : Math.Min(MostInPage, page * 2);
            }
        }
    }

    private static string Shape(IReadOnlyList<StoreTable> tables) =>
        string.Join("; ", tables.OrderBy(table => table.Name, StringComparer.Ordinal).Select(table => $"{table.Name} ({string.Join(", ", table.Columns)}) by {string.Join(", ", table.Key)}"));

    /// <summary>A checksum of rows in their order, the same whatever database they come from.</summary>
    private sealed class RowSum : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _head = new byte[9];

        public long Rows { get; private set; }

        public long Bytes { get; private set; }

        public void Add(object?[] row)
        {
            Rows++;
            foreach (var value in row)
            {
                switch (value)
                {
                    case null:
                        Head('n', 0);
                        break;
                    case long number:
                        Head('i', number);
                        break;
                    case string text:
                        Put('t', Encoding.UTF8.GetBytes(text));
                        break;
                    case byte[] bytes:
                        Put('b', bytes);
                        break;
                    default:
                        throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"row {Rows} holds a {value.GetType().Name}"), nameof(row));
                }
            }
        }

        public string End() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();

        private void Put(char kind, byte[] bytes)
        {
            Head(kind, bytes.Length);
            _hash.AppendData(bytes);
            Bytes += bytes.Length;
        }

        private void Head(char kind, long number)
        {
            _head[0] = (byte)kind;
            BinaryPrimitives.WriteInt64LittleEndian(_head.AsSpan(1), number);
            _hash.AppendData(_head);
            Bytes += _head.Length;
        }
    }
}
