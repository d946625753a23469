using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Dbfs;

/// <summary>A path of DBFS, made only of checked components: <c>/x</c> or <c>dbfs:/x</c>, which are the same.</summary>
internal sealed record DbfsPath
{
    private const int MaxComponent = 255;

    private DbfsPath(IReadOnlyList<string> parts) => Parts = parts;

    public IReadOnlyList<string> Parts { get; }

    /// <summary>The path as clients see it.</summary>
    public string Text => "/" + string.Join('/', Parts);

    public bool IsRoot => Parts.Count == 0;

    public static Outcome<DbfsPath> Parse(string path)
    {
        if (path.StartsWith("dbfs:/", StringComparison.Ordinal))
            path = path["dbfs:".Length..];
        if (!PathParts.Parse(path, "/FileStore/data.csv or dbfs:/FileStore/data.csv", MaxComponent).Ok(out var parts, out var refusal))
            return Problem.From(refusal);
        return parts is [StoreFiles.WorkFolder, ..]
            ? Problem.Invalid($"Path ({PathParts.Short(path)}) begins with {StoreFiles.WorkFolder}, where the server keeps what is being written. Use another name.")
            : new DbfsPath(parts);
    }

    /// <summary>The place of a child.</summary>
    public DbfsPath Child(string name) => new([.. Parts, name]);

    /// <summary>The file that a task names, on disk; null if there is none or a symbolic link stands on the way.</summary>
    public static string? Find(string root, string path)
    {
        if (!Parse(path).Ok(out var parsed, out _) || parsed.IsRoot)
            return null;
        var place = Path.TrimEndingDirectorySeparator(root);
        foreach (var part in parsed.Parts)
        {
            place = Path.Join(place, part);
            if (new FileInfo(place) is { LinkTarget: not null })
                return null;
        }

        return File.Exists(place) ? place : null;
    }
}
