using System.Security.Cryptography;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process;

/// <summary>The OpenSSH of this machine, which lets people into running attempts.</summary>
public static class SshServer
{
    private static readonly string[] Servers = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];
    private static readonly string[] Setprivs = ["/usr/bin/setpriv", "/bin/setpriv"];
    private static readonly string[] Sftps = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server"];

    /// <summary>The server itself, or null.</summary>
    internal static string? Server => Servers.FirstOrDefault(File.Exists);

    /// <summary>The program that starts another one so that it dies with its parent, or null.</summary>
    internal static string? Setpriv => Setprivs.FirstOrDefault(File.Exists);

    /// <summary>The program that moves files, or null.</summary>
    internal static string? Sftp => Sftps.FirstOrDefault(File.Exists);

    /// <summary>Why nobody can log in to the attempts of a node here, with the remedy; null when it can be done.</summary>
    /// <param name="nodeDirectory">The node's directory, absolute.</param>
    public static string? WhyNot(string nodeDirectory) =>
        Server is null ? $"there is no OpenSSH server ({Servers[0]}): install openssh-server"
        : Setpriv is null ? $"there is no {Setprivs[0]}: install util-linux"
        : nodeDirectory.Any(c => char.IsControl(c) || "\"\\%$`".Contains(c)) ? $"the configuration of sshd cannot hold the path {nodeDirectory}: choose a node_dir without quotes, backslashes, percent and dollar signs"
        : null;

    /// <summary>Makes the node's key unless it has one: it stays the same for as long as the node's directory.</summary>
    internal static void MakeHostKey(NodeFiles files)
    {
        if (File.Exists(files.HostKey)) return;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var fresh = $"{files.HostKey}.{Environment.ProcessId}";
        if (Libc.WriteFile(fresh, key.ExportECPrivateKeyPem() + "\n") is var error and not 0) throw new IOException($"{fresh}: {Libc.Text(error)}");
        File.Move(fresh, files.HostKey, overwrite: true);
    }
}
