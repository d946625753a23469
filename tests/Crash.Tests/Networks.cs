using System.Diagnostics;
using System.Globalization;

namespace Switchyard.Crash.Tests;

/// <summary>Machines of a network on this one: network namespaces on a bridge, any of which can be cut off and joined again.</summary>
internal sealed class Networks : IDisposable
{
    private const string Prefix = "10.213.77.";
    private readonly string _tag = Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Why there can be none here, or null.</summary>
    public static string? Missing { get; } = !Environment.IsPrivilegedProcess ? "network namespaces need root" : Probe();

    /// <summary>This machine's own address on the bridge.</summary>
    public string Here => Prefix + "1";

    /// <summary>The namespaces with their addresses.</summary>
    public IReadOnlyList<(string Network, string Address)> All { get; }

    private string Bridge => "yb" + _tag;

    public Networks(int count)
    {
        Ip("link", "add", Bridge, "type", "bridge");
        Ip("addr", "add", Here + "/24", "dev", Bridge);
        Ip("link", "set", Bridge, "up");
        var all = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            var (network, address) = ($"yn{_tag}{i}", Prefix + (11 + i).ToString(CultureInfo.InvariantCulture));
            Ip("netns", "add", network);
            Ip("link", "add", Cable(i), "type", "veth", "peer", "name", "eth0", "netns", network);
            Ip("link", "set", Cable(i), "master", Bridge);
            Ip("link", "set", Cable(i), "up");
            Ip("-n", network, "addr", "add", address + "/24", "dev", "eth0");
            Ip("-n", network, "link", "set", "eth0", "up");
            Ip("-n", network, "link", "set", "lo", "up");
            all.Add((network, address));
        }

        All = all;
    }

    public void Cut(int which) => Ip("link", "set", Cable(which), "down");

    public void Join(int which) => Ip("link", "set", Cable(which), "up");

    public void Dispose()
    {
        foreach (var (network, _) in All)
            Ip("netns", "del", network);
        Ip("link", "del", Bridge);
    }

    private string Cable(int which) => $"yv{_tag}{which.ToString(CultureInfo.InvariantCulture)}";

    private static string? Probe()
    {
        try
        {
            Ip("netns", "add", "yardprobe");
            Ip("netns", "del", "yardprobe");
            return null;
        }
        catch (Exception problem) when (problem is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"network namespaces cannot be made here ({problem.Message.Trim()}): apt-get install iproute2";
        }
    }

    private static void Ip(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", words) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', words)}: {said}");
    }
}
