namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>Whose the workspace's directories are: those below <c>/Users</c> belong to the user they are named after, all others to everybody.</summary>
internal static class WorkspaceRights
{
    /// <summary>Whether a path is open to a user of these names who is no administrator.</summary>
    public static bool IsOpen(WorkspacePath path, IReadOnlyCollection<string> names) =>
        path.Parts is not ["Users", var home, ..] || names.Contains(home, StringComparer.OrdinalIgnoreCase);
}
