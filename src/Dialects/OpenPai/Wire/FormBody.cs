using System.Globalization;
using System.Text.Json.Nodes;

namespace Switchyard.Dialects.OpenPai.Wire;

/// <summary>Form bodies whose names spell out a structure: <c>taskRoles[0][name]=main</c>. All values are texts.</summary>
internal static class FormBody
{
    private const int MostLevels = 16;
    private const int MostFields = 20_000;

    /// <summary>The object a form spells, or null when it spells none.</summary>
    public static JsonObject? Parse(string form)
    {
        var root = new Node();
        var fields = form.Split('&', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length > MostFields)
            return null;
        foreach (var field in fields)
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            var name = Decode(equals < 0 ? field : field[..equals]);
            if (!root.Put(Path(name), equals < 0 ? "" : Decode(field[(equals + 1)..])))
                return null;
        }

        return root.Write() as JsonObject ?? [];
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static List<string> Path(string name)
    {
        var parts = new List<string>();
        var open = name.IndexOf('[', StringComparison.Ordinal);
        parts.Add(open < 0 ? name : name[..open]);
        while (open >= 0)
        {
            var close = name.IndexOf(']', open);
            if (close < 0)
                break;
            parts.Add(name[(open + 1)..close]);
            open = close + 1 < name.Length && name[close + 1] == '[' ? close + 1 : -1;
        }

        return parts;
    }

    /// <summary>A place in the structure: a text, or places by name.</summary>
    private sealed class Node
    {
        private readonly List<(string Name, Node Value)> _members = [];
        private readonly Dictionary<string, Node> _byName = new(StringComparer.Ordinal);
        private string? _text;

        public bool Put(List<string> path, string text)
        {
            if (path.Count > MostLevels)
                return false;
            var at = this;
            foreach (var part in path)
            {
                // "name[]" appends.
                var name = part.Length == 0 && at != this ? at._members.Count.ToString(CultureInfo.InvariantCulture) : part;
                if (!at._byName.TryGetValue(name, out var next))
                {
                    at._byName[name] = next = new Node();
                    at._members.Add((name, next));
                }

                at = next;
            }

            at._text = text;
            return true;
        }

        public JsonNode? Write()
        {
            if (_members.Count == 0)
                return _text is null ? null : JsonValue.Create(_text);
            if (_members.TrueForAll(member => int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                return new JsonArray([.. _members.OrderBy(member => int.Parse(member.Name, CultureInfo.InvariantCulture)).Select(member => member.Value.Write())]);
            var result = new JsonObject();
            foreach (var (name, value) in _members)
                result[name] = value.Write();
            return result;
        }
    }
}
