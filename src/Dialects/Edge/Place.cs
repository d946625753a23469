namespace Switchyard.Dialects.Edge;

/// <summary>What an id or an address can mean.</summary>
public enum PlaceKind
{
    Job,
    Run,
    Attempt,
    Project,

    /// <summary>A pipeline of a project.</summary>
    Pipeline,
}

/// <summary>What an id or an address of a dialect means.</summary>
/// <param name="Id">Of what it is; of a pipeline's project.</param>
/// <param name="Pipeline">The pipeline's own id.</param>
public sealed record Place(PlaceKind Kind, long Id, string? Pipeline = null);

/// <summary>The address of a page, without the host.</summary>
/// <param name="Path">The segments before the query.</param>
/// <param name="Query">What is asked, wherever it stands.</param>
/// <param name="Fragment">The segments behind the <c>#</c>.</param>
public sealed record PageAddress(IReadOnlyList<string> Path, IReadOnlyDictionary<string, string> Query, IReadOnlyList<string> Fragment)
{
    /// <summary>Takes an address apart. A query may stand on either side of the <c>#</c>.</summary>
    public static PageAddress Read(string text)
    {
        var (before, behind) = Halves(text, '#');
        var (path, query) = Halves(before, '?');
        var (fragment, more) = Halves(behind, '?');
        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in $"{query}&{more}".Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => Halves(pair, '=')))
            asked[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value.Replace('+', ' '));
        return new PageAddress(Segments(path), asked, Segments(fragment));
    }

    private static (string, string) Halves(string text, char at) => text.Split(at, 2) is [var first, var second] ? (first, second) : (text, "");

    private static string[] Segments(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
}
