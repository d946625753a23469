using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Core.Text;

namespace Switchyard.Core.Sweeps;

/// <summary>One parameter of a grid with the values it takes.</summary>
public sealed record SweepAxis(string Name, IReadOnlyList<JsonElement> Values);

/// <summary>
/// Which parameter sets a batch runs: a grid (each value of each parameter with each of the others; the first parameter
/// varies slowest, the last fastest), a list of sets, or each set of the list on each point of the grid; and of these all, or some by index.
/// Nothing is expanded: a point is computed from its index, so that a sweep costs what was written down, however large it is.
/// </summary>
public sealed class Sweep
{
    /// <summary>The most points a sweep may have of which some are selected.</summary>
    private const long MostPoints = (1L << 53) - 1;

    private readonly IReadOnlyList<SweepPoint.Values> _sets;

    private Sweep(IReadOnlyList<SweepAxis> axes, IReadOnlyList<SweepPoint.Values> sets, long points, IReadOnlyList<long>? select) =>
        (Axes, _sets, Points, Select) = (axes, sets, points, select);

    /// <summary>The grid; empty when there is only a list.</summary>
    public IReadOnlyList<SweepAxis> Axes { get; }

    /// <summary>How many sets the list has; 0 when there is none.</summary>
    public int ListedSets => _sets.Count;

    /// <summary>The points of the whole sweep; their indices are below it.</summary>
    public long Points { get; }

    /// <summary>The indices that are run, ascending; null for all.</summary>
    public IReadOnlyList<long>? Select { get; }

    /// <summary>How many runs it makes.</summary>
    public long Count => Select?.Count ?? Points;

    /// <summary>The names of all parameters, in the order in which they first stand.</summary>
    public IReadOnlyList<string> Names => [.. Axes.Select(axis => axis.Name).Concat(_sets.SelectMany(set => set.Select(pair => pair.Key))).Distinct(StringComparer.Ordinal)];

    /// <summary>A sweep as somebody asks for it, or what is wrong with it.</summary>
    /// <param name="grid">An object: parameter to list of values; or null.</param>
    /// <param name="sets">A list of objects: parameter to value; or null.</param>
    /// <param name="select">Indices of the points to run; or null for all.</param>
    public static Result<Sweep> Of(JsonElement? grid, JsonElement? sets, IReadOnlyList<long>? select)
    {
        if (Missing(grid) && Missing(sets))
            return Wrong("grid", "give a grid (parameter to list of values) or sets (a list of parameter sets)");
        try
        {
            if (!ReadGrid(grid).Ok(out var axes, out var refusal) || !ReadSets(sets, axes).Ok(out var listed, out refusal))
                return refusal;
            var points = Math.Max(1L, listed.Count);
            foreach (var axis in axes)
            {
                if (points > MostPoints / axis.Values.Count)
                    return Wrong("grid", "it has more points than can be numbered; leave out parameters or values");
                points *= axis.Values.Count;
            }

            return Selected(select, points).Ok(out var indices, out refusal) ? new Sweep(axes, listed, points, indices.Count == 0 ? null : indices) : refusal;
        }
        catch (InvalidOperationException)
        {
            // A lone half of a surrogate pair: JSON by its grammar, but no text.
            return new Refusal(RefusalCode.Invalid, "The sweep holds a text that is not valid Unicode.");
        }
    }

    /// <summary>Why it is too large for a limit on runs, or null. Nothing is expanded to say so.</summary>
    public Refusal? Over(int limit) => Count <= limit
        ? null
        : Wrong(
            Axes.Count > 0 ? "grid" : "sets",
            string.Create(CultureInfo.InvariantCulture, $"it would make {Count} runs and a sweep may make {limit}; leave out values, select some by index, or raise the setting sweep_max_runs"));

    /// <summary>The point at a position among those that are run.</summary>
    public SweepPoint At(long position) => Point(Select is null ? position : Select[(int)position]);

    /// <summary>The point of an index.</summary>
    public SweepPoint Point(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Points);
        var values = new SweepPoint.Values(Axes.Count + 4);
        var rest = index;
        IReadOnlyList<KeyValuePair<string, JsonElement>> set = [];
        if (_sets.Count > 0)
            (rest, set) = (rest / _sets.Count, _sets[(int)(rest % _sets.Count)]);
        for (var axis = Axes.Count - 1; axis >= 0; axis--)
        {
            var (name, list) = Axes[axis];
            values.Add(new(name, list[(int)(rest % list.Count)]));
            rest /= list.Count;
        }

        values.Reverse();
        values.AddRange(set);
        return new SweepPoint(index, values);
    }

    /// <summary>A point for each different choice of names: whoever can take these can take the names of all.</summary>
    public IEnumerable<SweepPoint> Samples()
    {
        if (_sets.Count == 0)
            return [At(0)];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return Enumerable.Range(0, _sets.Count).Where(set => seen.Add(string.Join('\0', _sets[set].Select(pair => pair.Key)))).Select(set => Point(set));
    }

    /// <summary>The indices, of those that are run, at which each of some parameters has a value. A value is compared as the run is given it.</summary>
    public IReadOnlyList<long> Matching(IReadOnlyList<KeyValuePair<string, string>> wanted)
    {
        var found = new List<long>();
        for (var position = 0L; position < Count; position++)
        {
            var point = At(position);
            if (wanted.All(pair => point.Parameters.Any(own => own.Key == pair.Key && SweepPoint.Text(own.Value) == pair.Value)))
                found.Add(point.Index);
        }

        return found;
    }

    /// <summary>The text it is kept as.</summary>
    public string Write()
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            if (Axes.Count > 0)
            {
                json.WriteStartObject("grid");
                foreach (var (name, values) in Axes)
                {
                    json.WriteStartArray(name);
                    foreach (var value in values)
                        value.WriteTo(json);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            if (_sets.Count > 0)
            {
                json.WriteStartArray("sets");
                foreach (var set in _sets)
                    SweepPoint.Write(json, set);
                json.WriteEndArray();
            }

            if (Select is not null)
            {
                json.WriteStartArray("select");
                foreach (var index in Select)
                    json.WriteNumberValue(index);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Sweep Read(string text)
    {
        var json = JsonElement.Parse(text);
        JsonElement? Member(string name) => json.TryGetProperty(name, out var member) ? member : null;
        var select = Member("select") is { } list ? list.EnumerateArray().Select(index => index.GetInt64()).ToList() : null;
        return Of(Member("grid"), Member("sets"), select).Ok(out var sweep, out var refusal) ? sweep : throw new InvalidDataException(refusal.Message);
    }

    private static Result<List<SweepAxis>> ReadGrid(JsonElement? grid)
    {
        var axes = new List<SweepAxis>();
        if (Missing(grid))
            return axes;
        if (grid!.Value.ValueKind != JsonValueKind.Object)
            return Wrong("grid", $"an object with a list of values for each parameter is expected, not {Kind(grid.Value)}");
        foreach (var member in grid.Value.EnumerateObject())
        {
            var field = $"grid.{member.Name}";
            if (NameProblem(member.Name) is { } bad)
                return Wrong("grid", bad);
            if (member.Value.ValueKind != JsonValueKind.Array)
                return Wrong(field, $"a list of values is expected, not {Kind(member.Value)}; write [{Short(member.Value)}] for this one value");
            if (member.Value.GetArrayLength() == 0)
                return Wrong(field, "the list is empty, so that nothing would run; give at least one value, or leave the parameter out");
            if (axes.Exists(axis => axis.Name == member.Name))
                return Wrong(field, "the parameter is given twice; put all its values into one list");
            var values = member.Value.EnumerateArray().ToList();
            for (var at = 0; at < values.Count; at++)
            {
                if (!IsSound(values[at]))
                    return Wrong(string.Create(CultureInfo.InvariantCulture, $"{field}[{at}]"), "use texts without NUL");
            }

            axes.Add(new SweepAxis(member.Name, values));
        }

        return axes.Count > 0 ? axes : Wrong("grid", "it names no parameter; give at least one with its list of values");
    }

    private static Result<List<SweepPoint.Values>> ReadSets(JsonElement? sets, List<SweepAxis> axes)
    {
        var listed = new List<SweepPoint.Values>();
        if (Missing(sets))
            return listed;
        if (sets!.Value.ValueKind != JsonValueKind.Array)
            return Wrong("sets", $"a list of parameter sets is expected, not {Kind(sets.Value)}");
        foreach (var set in sets.Value.EnumerateArray())
        {
            var field = string.Create(CultureInfo.InvariantCulture, $"sets[{listed.Count}]");
            if (set.ValueKind != JsonValueKind.Object)
                return Wrong(field, $"an object with a value for each parameter is expected, not {Kind(set)}");
            var values = new SweepPoint.Values();
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var member in set.EnumerateObject())
            {
                if (NameProblem(member.Name) is { } bad)
                    return Wrong(field, bad);
                if (!names.Add(member.Name))
                    return Wrong($"{field}.{member.Name}", "the parameter is given twice");
                if (axes.Exists(axis => axis.Name == member.Name))
                    return Wrong($"{field}.{member.Name}", "the parameter stands in the grid too; give it in one place");
                if (!IsSound(member.Value))
                    return Wrong($"{field}.{member.Name}", "use texts without NUL");
                values.Add(new(member.Name, member.Value));
            }

            listed.Add(values);
        }

        return listed.Count > 0 ? listed : Wrong("sets", "the list is empty, so that nothing would run; give at least one parameter set");
    }

    private static Result<List<long>> Selected(IReadOnlyList<long>? select, long points)
    {
        if (select is null)
            return new List<long>();
        if (select.Count == 0)
            return Wrong("select", "the list is empty, so that nothing would run; name some indices, or leave it out");
        var sorted = select.Order().ToList();
        for (var at = 0; at < sorted.Count; at++)
        {
            if (sorted[at] < 0 || sorted[at] >= points)
                return Wrong("select", string.Create(CultureInfo.InvariantCulture, $"there is no point {sorted[at]}; use indices from 0 to {points - 1}"));
            if (at > 0 && sorted[at] == sorted[at - 1])
                return Wrong("select", string.Create(CultureInfo.InvariantCulture, $"point {sorted[at]} is named twice; name each once"));
        }

        return sorted;
    }

    private static bool Missing(JsonElement? element) => element is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined };

    private static string? NameProblem(string name) =>
        name.Length == 0 ? "a parameter has no name" : name.Contains('\0') ? "the name of a parameter holds a NUL" : null;

    /// <summary>False when a text in it holds a NUL; throws when one is no text.</summary>
    private static bool IsSound(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => !value.GetString()!.Contains('\0'),
        JsonValueKind.Array => value.EnumerateArray().All(IsSound),
        JsonValueKind.Object => value.EnumerateObject().All(member => !member.Name.Contains('\0') && IsSound(member.Value)),
        _ => true,
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => $"the number {Short(value)}",
        JsonValueKind.Null => "null",
        _ => Short(value),
    };

    private static string Short(JsonElement value) => value.GetRawText() is { Length: <= 40 } text ? text : "...";

    private static Refusal Wrong(string field, string message) => new(RefusalCode.Invalid, $"{field}: {message}.") { Field = field };
}
