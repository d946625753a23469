using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>
/// The window of 100 elements over every array that one page of a 2.2 get shows: the same window for all of them, and what
/// has no more elements is empty. Scalars are on every page.
/// </summary>
internal sealed class Window
{
    /// <summary>Elements of an array on a page.</summary>
    public const int Size = 100;

    private readonly int _from;
    private readonly int _size;
    private bool _more;

    private Window(int from, int size) => (_from, _size) = (from, size);

    /// <summary>Everything at once, as before 2.2.</summary>
    public static Window All => new(0, int.MaxValue);

    /// <summary>The token of the page after this one; null when no array goes on: clients loop for ever on an empty one.</summary>
    public string? Next => _more ? Convert.ToBase64String(Encoding.ASCII.GetBytes("w" + Json.Digits(_from + _size))).TrimEnd('=') : null;

    /// <summary>The window that <c>page_token</c> asks for.</summary>
    public static Outcome<Window> Read(Call call)
    {
        if (call.Version != ApiVersion.V22)
            return All;
        if (call.Args.Text("page_token") is not { Length: > 0 } token)
            return new Window(0, Size);
        var bytes = new byte[24];
        return token.Length <= 24 && Convert.TryFromBase64String(token + new string('=', (4 - token.Length % 4) % 4), bytes, out var length)
            && Encoding.ASCII.GetString(bytes, 0, length) is ['w', ..] text && int.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && from is > 0 and < 1_000_000_000
            ? new Window(from, Size)
            : Problem.Invalid($"Invalid value for parameter page_token: '{(token.Length > 60 ? token[..60] : token)}'. Use the next_page_token of an earlier answer.");
    }

    /// <summary>The part of a list that is in the window.</summary>
    public IEnumerable<T> Slice<T>(IReadOnlyCollection<T> all)
    {
        _more |= all.Count - _from > _size;
        return all.Skip(_from).Take(_size);
    }

    /// <summary>Leaves of arrays of an object only what is in the window.</summary>
    public void Cut(JsonObject holder, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (holder[name] is JsonArray all && (all.Count > _size || _from > 0))
                holder[name] = new JsonArray([.. Slice<JsonNode?>([.. all]).Select(node => node?.DeepClone())]);
        }
    }

    /// <summary>Leaves of arrays of an entry of a list only the first 100 elements; true if that took some away.</summary>
    public static bool First(JsonObject holder, params ReadOnlySpan<string> names)
    {
        var first = new Window(0, Size);
        first.Cut(holder, names);
        return first._more;
    }

    /// <summary>Adds the token of the next page, where there is one.</summary>
    public void Close(JsonObject answer)
    {
        if (Next is { } next)
            answer["next_page_token"] = next;
    }
}
