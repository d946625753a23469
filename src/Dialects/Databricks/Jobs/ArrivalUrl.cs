using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>Where <c>trigger.file_arrival.url</c> lies on this machine.</summary>
internal static class ArrivalUrl
{
    private const string Field = "trigger.file_arrival.url";

    /// <summary>The directory, which need not exist yet.</summary>
    public static Outcome<string> Directory(string url, DatabricksOptions options)
    {
        if (!url.EndsWith('/'))
            return Problem.Invalid($"Invalid value for parameter {Field}: '{url}' does not end with a slash. Name a directory, such as dbfs:/in/.");
        var (roots, path) = url switch
        {
            _ when url.StartsWith("dbfs:/", StringComparison.Ordinal) => ([options.DbfsRoot], Path.Join(options.DbfsRoot, url["dbfs:/".Length..])),
            _ when url.StartsWith("file:/", StringComparison.Ordinal) => (options.ArrivalRoots, "/" + url["file:/".Length..].TrimStart('/')),
            _ => (options.ArrivalRoots, ""),
        };
        if (path.Length == 0)
            return Problem.Invalid($"Invalid value for parameter {Field}: '{url}' is not on this machine. Use dbfs:/DIRECTORY/ or file:/DIRECTORY/, or set trigger.pause_status to PAUSED to keep it stored only.");
        if (path.Split('/').Any(part => part is ".." or "."))
            return Problem.Invalid($"Invalid value for parameter {Field}: '{url}' has a step upwards. Name the directory itself.");
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (roots.Select(Path.GetFullPath).FirstOrDefault(root => full == root || full.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal)) is not { } within)
        {
            return Problem.Invalid(roots.Count == 0
                ? $"Invalid value for parameter {Field}: no directory of this machine is open to triggers. Name some with the setting databricks_arrival_roots, or use dbfs:/DIRECTORY/."
                : $"Invalid value for parameter {Field}: '{url}' is in none of the directories of the setting databricks_arrival_roots. Add it there, or use dbfs:/DIRECTORY/.");
        }

        // No step of the way may be a link, which would lead out of what is open.
        for (var at = full; at.Length > within.Length; at = Path.GetDirectoryName(at)!)
        {
            if (new DirectoryInfo(at).LinkTarget is not null)
                return Problem.Invalid($"Invalid value for parameter {Field}: '{url}' goes through a symbolic link, which is not followed. Name the directory itself.");
        }

        return full;
    }
}
