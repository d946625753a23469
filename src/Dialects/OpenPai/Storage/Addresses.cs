using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>The addresses that jobs name: those with <c>hdfs://</c> lie in the store, which is a directory.</summary>
internal sealed class Addresses(OpenPaiOptions options, string user, string job)
{
    /// <summary>The address of the store's root.</summary>
    public string Uri => $"file://{options.StorageRoot}";

    /// <summary>An address with the platform's names replaced.</summary>
    public string Resolve(string address)
    {
        var at = address.IndexOf("$PAI_DEFAULT_FS_URI", StringComparison.Ordinal);
        if (at >= 0)
            address = address[..at] + Uri + address[(at + "$PAI_DEFAULT_FS_URI".Length)..];
        return address.Replace("$PAI_JOB_NAME", job, StringComparison.Ordinal).Replace("$PAI_USER_NAME", user, StringComparison.Ordinal).Replace("$PAI_USERNAME", user, StringComparison.Ordinal);
    }

    /// <summary>The output directory's address; the job's own where none is given.</summary>
    public string Output(string address) => address.Length == 0 ? $"{Uri}/Output/{user}/{job}" : Resolve(address);

    /// <summary>The path on disk that an address names; null for none. An HDFS address is one of our storage, whatever its host.</summary>
    public string? Local(string address)
    {
        if (address.Length == 0)
            return null;
        var text = Resolve(address);
        if (text.StartsWith("file://", StringComparison.Ordinal))
            return text["file://".Length..];
        if (!text.StartsWith("hdfs://", StringComparison.Ordinal))
            return text;
        var slash = text.IndexOf('/', "hdfs://".Length);
        return options.StorageRoot + (slash < 0 ? "" : text[slash..]);
    }

    /// <summary>What is wrong with an address, whoever names it; null if nothing is.</summary>
    public string? Problem(string address)
    {
        if (Local(address) is not { } local)
            return null;
        if (local.Contains('\0', StringComparison.Ordinal))
            return "has a NUL character; remove it";
        return Resolve(address).StartsWith("hdfs://", StringComparison.Ordinal) && !PathParts.Parse("/" + local[options.StorageRoot.Length..], "/Output", 255).Ok(out _, out var refusal)
            ? $"names no place in the store: {refusal.Message}"
            : null;
    }

    /// <summary>The places in the store that an address without a problem names: by its text, and with links followed. None if it lies elsewhere.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Places(string address)
    {
        if (Local(address) is not { } local || !Path.IsPathRooted(local))
            return [];
        var full = Path.GetFullPath(local);
        return [.. new[] { Below(full, options.StorageRoot), Below(TreeDirectory.RealPath(full), TreeDirectory.RealPath(options.StorageRoot)) }.OfType<IReadOnlyList<string>>()];
    }

    private static string[]? Below(string? path, string? root) =>
        path is not null && root is not null && (path + "/").StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal)
            ? path[root.TrimEnd('/').Length..].Split('/', StringSplitOptions.RemoveEmptyEntries)
            : null;
}
