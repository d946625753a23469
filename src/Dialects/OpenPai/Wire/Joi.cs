using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Switchyard.Dialects.OpenPai.Wire;

/// <summary>
/// What a value must be, with the messages of the validator that the platform used (Joi 13): the first problem alone,
/// told from the outside in. Texts that say a number or a truth value are taken as one, because forms send only texts.
/// </summary>
internal abstract class Joi
{
    /// <summary>True when it must be given.</summary>
    public bool Needed { get; init; }

    /// <summary>True when null may stand for it.</summary>
    public bool Nullable { get; init; }

    /// <summary>The problem with a value, or null and the value as it is taken.</summary>
    public string? Check(string label, JsonNode? value, out JsonNode? taken)
    {
        taken = null;
        return value is null && Nullable ? null : Fit(label, value, out taken);
    }

    protected abstract string? Fit(string label, JsonNode? value, out JsonNode? taken);

    private static bool IsText(JsonNode? value, out string text)
    {
        text = "";
        return value is JsonValue && value.GetValueKind() == JsonValueKind.String && (text = value.GetValue<string>()) is not null;
    }

    /// <summary>A text.</summary>
    internal sealed class Text : Joi
    {
        public bool MayBeEmpty { get; init; }
        public int Least { get; init; }
        public Regex? Pattern { get; init; }

        /// <summary>Says what the pattern means, instead of showing it.</summary>
        public string? PatternText { get; init; }
        public IReadOnlyList<string>? OneOf { get; init; }

        protected override string? Fit(string label, JsonNode? value, out JsonNode? taken)
        {
            taken = null;
            var isText = IsText(value, out var text);
            if (OneOf is not null && (!isText || !OneOf.Contains(text)))
                return $"\"{label}\" must be one of [{string.Join(", ", OneOf)}]";
            if (!isText)
                return $"\"{label}\" must be a string";
            if (text.Length == 0 && !MayBeEmpty)
                return $"\"{label}\" is not allowed to be empty";
            if (text.Contains('\0', StringComparison.Ordinal))
                return $"\"{label}\" must not contain a NUL character";
            if (text.Length > 0 && text.Length < Least)
                return $"\"{label}\" length must be at least {Least} characters long";
            if (text.Length > 0 && Pattern?.IsMatch(text) == false)
                return PatternText is null ? $"\"{label}\" with value \"{text}\" fails to match the required pattern: /{Pattern}/" : $"\"{label}\" {PatternText}";
            taken = text;
            return null;
        }
    }

    /// <summary>A whole number.</summary>
    internal sealed class Whole : Joi
    {
        public long Least { get; init; } = -9_007_199_254_740_991;
        public long Most { get; init; } = 9_007_199_254_740_991;

        protected override string? Fit(string label, JsonNode? value, out JsonNode? taken)
        {
            taken = null;
            double number;
            if (IsText(value, out var text))
            {
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) || !double.IsFinite(number))
                    return $"\"{label}\" must be a number";
            }
            else if (value is not JsonValue || value.GetValueKind() != JsonValueKind.Number || !double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            {
                return $"\"{label}\" must be a number";
            }

            if (Math.Floor(number) != number || Math.Abs(number) > 9_007_199_254_740_991)
                return $"\"{label}\" must be an integer";
            if (number < Least)
                return $"\"{label}\" must be larger than or equal to {Least}";
            if (number > Most)
                return $"\"{label}\" must be less than or equal to {Most}";
            taken = (long)number;
            return null;
        }
    }

    /// <summary>True or false.</summary>
    internal sealed class Flag : Joi
    {
        protected override string? Fit(string label, JsonNode? value, out JsonNode? taken)
        {
            taken = null;
            bool flag;
            if (IsText(value, out var text) ? !bool.TryParse(text, out flag) : value is not JsonValue known || !known.TryGetValue(out flag))
                return $"\"{label}\" must be a boolean";
            taken = flag;
            return null;
        }
    }

    /// <summary>An object with known keys, or with any that fit a pattern.</summary>
    internal sealed class Fields(params (string Name, Joi Value)[] fields) : Joi
    {
        /// <summary>Keys that may stand in it beside the known ones, with any value.</summary>
        public Regex? Others { get; init; }

        protected override string? Fit(string label, JsonNode? value, out JsonNode? taken)
        {
            taken = null;
            if (value is not JsonObject members)
                return $"\"{label}\" must be an object";
            var result = new JsonObject();
            foreach (var (name, rule) in fields)
            {
                if (!members.TryGetPropertyValue(name, out var member))
                {
                    if (rule.Needed)
                        return $"child \"{name}\" fails because [\"{name}\" is required]";
                    continue;
                }

                if (rule.Check(name, member, out var fit) is { } problem)
                    return $"child \"{name}\" fails because [{problem}]";
                result[name] = fit;
            }

            foreach (var (name, member) in members)
            {
                if (result.ContainsKey(name))
                    continue;
                if (Others?.IsMatch(name) != true)
                    return $"\"{name}\" is not allowed";
                result[name] = member?.DeepClone();
            }

            taken = result;
            return null;
        }
    }

    /// <summary>A list.</summary>
    internal sealed class Items(Joi each) : Joi
    {
        public int Least { get; init; }

        /// <summary>The member of its objects that no two may share.</summary>
        public string? Unique { get; init; }

        protected override string? Fit(string label, JsonNode? value, out JsonNode? taken)
        {
            taken = null;
            if (value is not JsonArray list)
                return $"\"{label}\" must be an array";
            if (list.Count < Least)
                return $"\"{label}\" must contain at least {Least} items";
            var result = new JsonArray();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var at = 0; at < list.Count; at++)
            {
                if (each.Check(at.ToString(CultureInfo.InvariantCulture), list[at], out var fit) is { } problem)
                    return $"\"{label}\" at position {at} fails because [{problem}]";
                if (Unique is not null && fit is JsonObject item && item[Unique] is { } key && !seen.Add(key.ToString()))
                    return $"\"{label}\" position {at} contains a duplicate value";
                result.Add(fit);
            }

            taken = result;
            return null;
        }
    }
}
