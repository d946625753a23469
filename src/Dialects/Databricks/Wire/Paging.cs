using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>A page that a list asks for: by token (a position in the order of ids) or by offset, up to the platform's cap.</summary>
internal sealed record Paging(int Limit, int Skip, long? Before, long? After)
{
    /// <summary>Reads limit, offset and page_token.</summary>
    /// <param name="standard">The limit when none is given.</param>
    /// <param name="maximum">The highest limit, also what 0 stands for.</param>
    /// <param name="offsetCap">The highest offset.</param>
    public static Outcome<Paging> Read(Call call, int standard, int maximum, int offsetCap, string what, string page)
    {
        var limit = call.Args.Whole("limit") is { } wanted ? (wanted == 0 ? maximum : wanted) : standard;
        if (limit > maximum)
            return Problem.Invalid($"Invalid value for parameter limit: {limit}. The highest limit of {what} is {maximum}; use page_token for more.");
        var offset = call.Args.Whole("offset") ?? 0;
        if (offset > offsetCap)
        {
            return Problem.Invalid(
                $"The supplied offset {offset} has exceeded the value of {offsetCap} allowed for this parameter.Please use the page_token parameter to paginate: "
                + $"https://docs.databricks.com/api/workspace/jobs/{page}.");
        }

        if (call.Args.Text("page_token") is not { Length: > 0 } token)
            return new Paging((int)limit, (int)offset, null, null);
        return Decode(token) is var (forward, id)
            ? new Paging((int)limit, 0, forward ? id : null, forward ? null : id)
            : Problem.Invalid($"Invalid value for parameter page_token: '{(token.Length > 60 ? token[..60] : token)}'. Use the next_page_token or prev_page_token of an earlier answer.");
    }

    /// <summary>Takes the surplus row off and notes in the answer what lies before and after the page.</summary>
    public IReadOnlyList<T> Cut<T>(IReadOnlyList<T> rows, Func<T, long> id, JsonObject answer, ApiVersion version)
    {
        var surplus = rows.Count > Limit;
        // Rows are newest first in both directions; paging back, the surplus row is the newest.
        var shown = !surplus ? rows : After is null ? [.. rows.Take(Limit)] : [.. rows.Skip(rows.Count - Limit)];
        var next = After is null ? surplus : rows.Count > 0;
        var previous = After is null ? (Before is not null || Skip > 0) && rows.Count > 0 : surplus;
        if (version != ApiVersion.V22)
            answer["has_more"] = next;
        if (next)
            answer["next_page_token"] = Encode(true, id(shown[^1]));
        if (previous)
            answer["prev_page_token"] = Encode(false, id(shown[0]));
        return shown;
    }

    private static string Encode(bool forward, long id) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes($"{(forward ? 'n' : 'p')}{Json.Digits(id)}")).TrimEnd('=');

    private static (bool Forward, long Id)? Decode(string token)
    {
        var bytes = new byte[64];
        if (token.Length > 64 || !Convert.TryFromBase64String(token + new string('=', (4 - token.Length % 4) % 4), bytes, out var length) || length < 2)
            return null;
        var text = Encoding.ASCII.GetString(bytes, 0, length);
        return text[0] is 'n' or 'p' && long.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? (text[0] == 'n', id) : null;
    }
}
