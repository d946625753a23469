using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Wire;
using GitUrl = Switchyard.Dialects.Edge.GitUrl;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>The repository that the code of a job's tasks comes from. Its tasks check it out themselves, once for a run: <c>runtime/git_task.py</c>.</summary>
/// <param name="Kind">What <paramref name="Name"/> names: branch, tag or commit; or head, for what the server gives first.</param>
internal sealed record GitSource(string Url, string Kind, string Name)
{
    /// <summary>The file in an attempt's directory that says which commit it saw.</summary>
    public const string CommitFile = "git_commit";

    private const int MaxCommit = 64;

    private static readonly string[] Providers =
        ["github", "gitlab", "bitbucketcloud", "gitlabenterpriseedition", "bitbucketserver", "azuredevopsservices", "githubenterprise", "awscodecommit"];

    /// <summary>The member of a task that says by <c>source</c> where its code is; null for tasks without code.</summary>
    public static JsonObject? OfTask(JsonObject task) =>
        task.Object("notebook_task") ?? task.Object("spark_python_task") ?? task.Object("dbt_task") ?? task.Object("sql_task")?.Object("file");

    /// <summary>Whether a task's code comes from git: where it does not say, it does if the job has a repository.</summary>
    public static bool Holds(JsonObject settings, JsonObject task) =>
        settings.ContainsKey("git_source") && OfTask(task) is { } code && code.Text("source") is null or "GIT";

    /// <summary>The repository of settings, or what is wrong with it.</summary>
    public static Outcome<GitSource> Read(JsonObject settings, IReadOnlyList<string> protocols)
    {
        var source = settings.Object("git_source")!;
        if (!Providers.Contains(source.Text("git_provider")?.ToLowerInvariant()))
            return Problem.Invalid($"git_source.git_provider must be one of: {string.Join(',', Providers)}");
        if (!GitUrl.Read(source.Text("git_url"), protocols).Ok(out var url, out var refusal))
            return Problem.Invalid($"Invalid value for parameter git_source.git_{refusal.Message}");
        if (url.Header is not null)
            return Problem.Invalid("Invalid value for parameter git_source.git_url: it has a name or a password in it, which would be shown to whoever may see the job. Leave them out; private repositories are reached by ssh with the keys of the server's user.");
        var named = new[] { "branch", "tag", "commit" }.Where(kind => source.Text("git_" + kind) is { Length: > 0 }).ToList();
        if (named.Count > 1)
            return Problem.Invalid($"Only one of git_branch, git_tag and git_commit may be specified in git_source, not {string.Join(" and ", named.Select(kind => "git_" + kind))}.");
        if (named is not [var only])
            return new GitSource(url.Text, "head", "");
        var name = source.Text("git_" + only)!;
        if (only == "commit" ? name.Length is < 4 or > MaxCommit || !name.All(char.IsAsciiHexDigit) : !IsName(name))
            return Problem.Invalid($"Invalid value for parameter git_source.git_{only}: '{name}' is no {(only == "commit" ? "commit's id (4 to 64 hexadecimal digits)" : $"name of a {only}")}.");
        return new GitSource(url.Text, only, name);
    }

    /// <summary>What the checkout's program is told of the repository, and of the directory of all checkouts.</summary>
    public IEnumerable<Binding> Arguments(string root) =>
        [Binding.Literal(root), Binding.Of(new Reference(ReferenceKind.RunId)), Binding.Literal(Url), Binding.Literal(Kind), Binding.Literal(Name)];

    /// <summary>What a commit's file says; null when it is no commit, for the task may write there too.</summary>
    public static string? ReadCommit(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var text = new char[MaxCommit + 1];
            var length = reader.ReadBlock(text);
            return length is >= 40 and <= MaxCommit && text.Take(length).All(char.IsAsciiHexDigitLower) ? new string(text, 0, length) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What git itself lets pass as the name of a branch or tag, less what nobody uses (git-check-ref-format).</summary>
    private static bool IsName(string name) =>
        !name.StartsWith('-') && !name.StartsWith('/') && !name.EndsWith('/') && !name.EndsWith('.') && !name.Contains("..", StringComparison.Ordinal) && !name.Contains("//", StringComparison.Ordinal)
        && !name.Contains("@{", StringComparison.Ordinal) && !name.Any(c => char.IsControl(c) || " ~^:?*[\\".Contains(c, StringComparison.Ordinal))
        && name.Split('/').All(part => !part.StartsWith('.') && !part.EndsWith(".lock", StringComparison.Ordinal));
}
