using System.Text;
using System.Text.RegularExpressions;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>The address of a git repository, taken apart so that no part of it can be an option, a command or a helper of git's.</summary>
public sealed partial record GitUrl
{
    private const int Longest = 2000;

    /// <summary>All protocols there are.</summary>
    public static IReadOnlyList<string> Protocols { get; } = ["https", "http", "ssh", "git", "file"];

    private GitUrl(string text, string? header) => (Text, Header) = (text, header);

    /// <summary>The address without credentials: what git is given, and what is shown and kept.</summary>
    public string Text { get; }

    /// <summary>The header that signs in where user and password stood in the address; in no log and no argument.</summary>
    public string? Header { get; }

    /// <summary>The first address of the server, for which the header is meant.</summary>
    public string Server => new Uri(Text).GetLeftPart(UriPartial.Authority) + "/";

    /// <summary>What the repository is called.</summary>
    public string Name => Uri.UnescapeDataString(new Uri(Text).AbsolutePath.TrimEnd('/').Split('/')[^1]) is var last && last.EndsWith(".git", StringComparison.Ordinal) ? last[..^4] : last;

    /// <summary>Reads an address of one of some protocols, also in the form <c>git@host:path</c>.</summary>
    public static Result<GitUrl> Read(string? text, IReadOnlyList<string> protocols)
    {
        if (text is not { Length: > 0 and <= Longest } || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            return Bad($"the address of a repository is expected, such as https://example.org/alice/project.git, of at most {Longest} characters without blanks");
        if (!text.Contains("://", StringComparison.Ordinal) && Short().Match(text) is { Success: true } match)
            text = $"ssh://{match.Groups["user"].Value}@{match.Groups["host"].Value}/{match.Groups["path"].Value}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !text.StartsWith(uri.Scheme + "://", StringComparison.OrdinalIgnoreCase) || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return Bad("this is no address of a repository; write it as https://example.org/alice/project.git");
        if (!protocols.Contains(uri.Scheme))
            return Bad($"repositories are not fetched by {uri.Scheme} here; what is allowed is {string.Join(", ", protocols)} (setting git_protocols)");
        var isFile = uri.Scheme == "file";
        if (isFile != (uri.Host.Length == 0) || uri.Host.StartsWith('-') || uri.AbsolutePath.Trim('/').Length == 0)
            return Bad(isFile ? "a file's address names no host: file:///srv/git/project.git" : "the address needs a host and a path");
        var (user, password) = uri.UserInfo.Split(':', 2) is [var name, var secret] ? (name, secret) : (uri.UserInfo, null);
        var bare = new UriBuilder(uri) { UserName = uri.Scheme == "ssh" ? user : "", Password = "" };
        if (uri.IsDefaultPort)
            bare.Port = -1;
        return uri.Scheme switch
        {
            "ssh" when password is not null || user.StartsWith('-') => Bad("ssh signs in by the keys of the server's own user; leave the password out"),
            "https" or "http" when uri.UserInfo.Length > 0 => new GitUrl(
                bare.Uri.AbsoluteUri, "Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.UnescapeDataString(user)}:{Uri.UnescapeDataString(password ?? "")}"))),
            not "ssh" when uri.UserInfo.Length > 0 => Bad($"{uri.Scheme} knows no users; leave the name out"),
            _ => new GitUrl(bare.Uri.AbsoluteUri, null),
        };
    }

    private static Refusal Bad(string why) => new(RefusalCode.Invalid, $"url: {why}.") { Field = "url" };

    /// <summary>The form that git's users write for ssh: a user, a host, and a path from that user's home.</summary>
    [GeneratedRegex("^(?<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@(?<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?<path>[^/].*)$")]
    private static partial Regex Short();
}
