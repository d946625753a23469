using Switchyard.Dialects.OpenPai;

namespace Switchyard.Server.Configuration;

/// <summary>Takes over what the services-configuration.yaml of an old OpenPAI cluster says: its port is listened on too, and its tokens stay good.</summary>
internal static class OldCluster
{
    private const string Setting = "openpai_services_configuration";

    /// <summary>The settings with what the file says; findings name what could not be used.</summary>
    public static YardSettings Take(YardSettings settings, List<Finding> findings)
    {
        if (settings.OpenPaiServicesConfiguration is not { } path)
            return settings;
        if (!ServicesConfiguration.Read(path).Ok(out var services, out var refusal))
        {
            findings.Add(new(true, Setting, $"{path}: {refusal.Message}", "Name the services-configuration.yaml of the old cluster, or leave the setting out"));
            return settings;
        }

        List<string> added = [.. settings.Urls.Select(HostOf).Distinct(StringComparer.OrdinalIgnoreCase).Select(host => $"http://{host}:{services.Port}")];
        if (added.Find(url => settings.Urls.Contains(url, StringComparer.OrdinalIgnoreCase)) is { } taken)
        {
            findings.Add(new(true, Setting, $"{path} names the port {services.Port}, and urls has {taken} already", "Give urls another port; that of the file is listened on too"));
            return settings;
        }

        return WithSecret(settings with { Urls = [.. settings.Urls, .. added] }, path, services.JwtSecret, findings);
    }

    private static YardSettings WithSecret(YardSettings settings, string path, string? secret, List<Finding> findings)
    {
        if (secret is null || settings.OpenPaiJwtSecret is not null)
            return settings;
        if (secret == ServicesConfiguration.DefaultSecret || secret.Length < 8)
        {
            findings.Add(new(false, Setting, $"the jwt-secret in {path} is {(secret.Length < 8 ? "shorter than 8 characters" : "the one that everybody knows")} and is not used",
                "Nothing has to be done: users sign in anew"));
            return settings;
        }

        if (SettingsReader.OthersCanRead(path))
            findings.Add(new(false, Setting, $"{path} holds a jwt-secret, and others can read it", $"Run: chmod 600 {path}"));
        return settings with { OpenPaiJwtSecret = secret };
    }

    /// <summary>The host of an address, as it was written.</summary>
    private static string HostOf(string url)
    {
        var authority = url["http://".Length..];
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') ? authority[..colon] : authority;
    }
}
