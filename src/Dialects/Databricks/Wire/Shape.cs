using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>
/// What a field may hold. Fitting is lenient the way the platform is: numbers arrive as strings, null is absent, unknown
/// fields stay as they were sent. What was fitted has the field's own JSON type from then on. Closed: the types below
/// are all there are.
/// </summary>
internal abstract record Shape
{
    private Shape() { }

    /// <summary>The node as the field's type, or null with a problem in <paramref name="fit"/>.</summary>
    public abstract JsonNode? Fit(JsonNode node, string path, Fitting fit);

    /// <summary>A text of limited length in UTF-8 bytes, and where that is how the platform counts, in characters.</summary>
    public sealed record Text(int MaxBytes = 1_000_000, bool Ascii = false, bool MayBeEmpty = true, int? MaxCharacters = null) : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node.GetValueKind() != JsonValueKind.String)
                return fit.WrongType(path, "string", node);
            var text = node.GetValue<string>();
            if (text.Contains('\0'))
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: it contains a NUL character (\\u0000), which no file, variable or argument can hold. Remove it."));
            if (text.Length > MaxCharacters)
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: {text.Length} characters are too long; at most {MaxCharacters} are allowed."));
            if (Encoding.UTF8.GetByteCount(text) is var bytes && bytes > MaxBytes)
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: {bytes} bytes are too long; at most {MaxBytes} are allowed."));
            if (Ascii && !System.Text.Ascii.IsValid(text))
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: '{text}' has characters outside ASCII, which this parameter does not take."));
            if (!MayBeEmpty && text.Length == 0)
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: it is empty. Give it a value or leave it out."));
            return node;
        }
    }

    /// <summary>One of some words.</summary>
    public sealed record Word(bool IgnoreCase, params string[] Words) : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node.GetValueKind() != JsonValueKind.String)
                return fit.WrongType(path, "string", node);
            var text = node.GetValue<string>();
            var comparison = IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
            return Words.Any(word => string.Equals(word, text, comparison))
                ? node
                : fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: '{text}'. It must be one of: {string.Join(", ", Words)}."));
        }
    }

    /// <summary>A whole number, also as a string.</summary>
    public sealed record Whole(long Minimum = 0, long Maximum = int.MaxValue, bool IsId = false) : Shape
    {
        public static readonly Whole Id = new(0, long.MaxValue, true);

        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node.GetValueKind() is not (JsonValueKind.String or JsonValueKind.Number))
                return fit.WrongType(path, "integer", node);
            var text = Json.ToText(node).Trim();
            if (TryRead(text, out var number) && number >= Minimum && number <= Maximum)
                return JsonValue.Create(number);
            if (IsId)
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}"));
            return fit.Fail(Problem.Invalid(
                $"Invalid value for parameter {path}: {Short(text)} is not a whole number from {Json.Digits(Minimum)} to {Json.Digits(Maximum)}."));
        }

        private static bool TryRead(string text, out long number)
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
                return true;
            // 3600.0 and 1e3 are whole as well; 1e400 is refused before anything could be built from it.
            if (text.Length > 40 || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
                || !double.IsInteger(real) || Math.Abs(real) > 1e15)
                return false;
            number = (long)new BigInteger(real);
            return true;
        }

        private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "...";
    }

    /// <summary>A truth value; in a query also <c>True</c> and <c>False</c>.</summary>
    public sealed record Flag : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit) => node.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => node,
            JsonValueKind.String when fit.FromQuery && bool.TryParse(node.GetValue<string>(), out var flag) => JsonValue.Create(flag),
            _ => fit.WrongType(path, "boolean", node),
        };
    }

    /// <summary>A list.</summary>
    public sealed record List(Shape Item, int Maximum = int.MaxValue, string? TooMany = null) : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node is not JsonArray list)
                return fit.WrongType(path, "array", node);
            if (list.Count > Maximum)
                return fit.Fail(Problem.Invalid(TooMany ?? $"Invalid value for parameter {path}: {list.Count} elements are too many; at most {Maximum} are allowed."));
            for (var index = 0; index < list.Count; index++)
            {
                if (list[index] is not { } item)
                    return fit.Fail(Problem.Malformed($"Could not parse request object: {path}[{index}] is null. Remove the element or give it a value."));
                if (Item.Fit(item, $"{path}[{index}]", fit) is not { } fitted)
                    return null;
                if (!ReferenceEquals(fitted, item))
                    list[index] = fitted;
            }

            return list;
        }
    }

    /// <summary>Names with texts; other scalars become texts, because clients of maps read nothing else.</summary>
    public sealed record Map(int MaxBytes = 1_000_000, int MaxCount = int.MaxValue, bool KeepTypes = false) : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node is not JsonObject map)
                return fit.WrongType(path, "object", node);
            if (map.Count > MaxCount)
                return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: {map.Count} entries are too many; at most {MaxCount} are allowed."));
            foreach (var (name, value) in map.ToList())
            {
                if (value is null)
                    map.Remove(name);
                else if (value is not JsonValue)
                    return fit.WrongType($"{path}.{name}", "string", value);
                else if (name.Contains('\0') || Json.ToText(value).Contains('\0'))
                    return fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: it contains a NUL character (\\u0000). Remove it."));
                else if (!KeepTypes && value.GetValueKind() != JsonValueKind.String)
                    map[name] = Json.ToText(value);
            }

            var bytes = Encoding.UTF8.GetByteCount(map.Write());
            return bytes <= MaxBytes
                ? map
                : fit.Fail(Problem.Invalid($"Invalid value for parameter {path}: its JSON has {bytes} bytes; at most {MaxBytes} are allowed."));
        }
    }

    /// <summary>An object with known fields; others stay as they are.</summary>
    public sealed record Fields : Shape
    {
        private readonly Dictionary<string, Shape> _fields;
        private readonly string[] _required;

        /// <param name="required">Names that must be there.</param>
        /// <param name="fields">The known fields.</param>
        public Fields(string[] required, params (string Name, Shape Shape)[] fields)
        {
            _required = required;
            _fields = fields.ToDictionary(field => field.Name, field => field.Shape);
        }

        /// <summary>What messages about missing fields put before the path.</summary>
        public string Root { get; init; } = "";

        public override JsonNode? Fit(JsonNode node, string path, Fitting fit)
        {
            if (node is not JsonObject body)
                return fit.WrongType(path, "object", node);
            foreach (var (name, value) in body.ToList())
            {
                if (value is null)
                {
                    body.Remove(name);
                    continue;
                }

                var inner = path.Length == 0 ? name : $"{path}.{name}";
                if (!_fields.TryGetValue(name, out var shape))
                    continue;
                if (shape.Fit(value, inner, fit) is not { } fitted)
                    return null;
                if (!ReferenceEquals(fitted, value))
                    body[name] = fitted;
            }

            foreach (var name in _required)
            {
                if (!body.ContainsKey(name))
                    return fit.Fail(Problem.MissingField(fit.Public(path.Length == 0 ? name : $"{path}.{name}")));
            }

            return body;
        }
    }

    /// <summary>Anything, kept as it is.</summary>
    public sealed record Anything : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit) => node;
    }

    /// <summary>Any object, kept as it is.</summary>
    public sealed record AnyObject : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit) => node is JsonObject ? node : fit.WrongType(path, "object", node);
    }

    /// <summary>A shape that contains itself: a for-each's nested task.</summary>
    public sealed record Later(Func<Shape> Shape) : Shape
    {
        public override JsonNode? Fit(JsonNode node, string path, Fitting fit) => Shape().Fit(node, path, fit);
    }
}

/// <summary>One fitting of a body: where it came from, and the first problem found.</summary>
internal sealed class Fitting(bool fromQuery = false, string root = "")
{
    public bool FromQuery { get; } = fromQuery;
    public Problem? Problem { get; private set; }

    public JsonNode? Fail(Problem problem)
    {
        Problem ??= problem;
        return null;
    }

    /// <summary>The platform's own words, with its own unpaired quote.</summary>
    public JsonNode? WrongType(string path, string expected, JsonNode found)
    {
        var kind = found.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "BOOLEAN",
            var other => other.ToString().ToUpperInvariant(),
        };
        return Fail(Problem.Malformed($"Could not parse request object: Expected {expected} for field '{path}, found {kind}"));
    }

    /// <summary>A path as the platform names missing fields: from the settings, without positions.</summary>
    public string Public(string path) => root + System.Text.RegularExpressions.Regex.Replace(path, @"\[\d+\]", "");
}
