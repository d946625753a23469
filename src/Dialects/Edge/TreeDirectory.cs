using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Dialects.Edge;

/// <summary>Why something in a tree of files was not done.</summary>
public enum TreeFault
{
    None,
    Missing,

    /// <summary>A file or a symbolic link stands where a directory has to be.</summary>
    NotDirectory,

    /// <summary>Something stands there already.</summary>
    Exists,
    NotEmpty,
    Full,

    /// <summary>The server's user may not.</summary>
    Denied,
    ReadOnly,

    /// <summary>The two places lie on different file systems.</summary>
    OtherDisk,

    /// <summary>The file system refused it for another reason.</summary>
    Refused,
}

/// <summary>What an entry is; links, pipes, sockets and devices are <see cref="Other"/> and are never opened.</summary>
public enum TreeKind
{
    Other,
    Directory,
    File,
}

/// <summary>What the file system knows of an entry.</summary>
public readonly record struct TreeEntry(TreeKind Kind, long Length, int Mode, long Id, long ModifiedMs, long AccessedMs);

/// <summary>
/// An open directory, from which others are reached name by name: no symbolic link is followed, nothing is opened that
/// could block, and whoever moves things about meanwhile moves nothing of this away. Names are components that
/// <see cref="PathParts"/> let pass.
/// </summary>
public sealed class TreeDirectory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private TreeDirectory(int descriptor) => _handle = new SafeFileHandle(descriptor, true);

    /// <summary>Opens the root of a tree; here alone links are followed, since whoever set the server up named it.</summary>
    public static TreeFault Open(string root, out TreeDirectory directory) =>
        Opened(TreeCalls.open(root, TreeCalls.PathOnly | TreeCalls.OpenDirectory | TreeCalls.CloseOnExec, 0), out directory);

    /// <summary>Where a path leads when all links are followed; null if nowhere.</summary>
    public static string? RealPath(string path)
    {
        var descriptor = TreeCalls.open(path, TreeCalls.PathOnly | TreeCalls.CloseOnExec, 0);
        if (descriptor < 0)
            return null;
        using var handle = new SafeFileHandle(descriptor, true);
        return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
    }

    /// <summary>Opens a directory in this one.</summary>
    public TreeFault Enter(string name, out TreeDirectory below) =>
        Opened(TreeCalls.openat(_handle, name, TreeCalls.PathOnly | TreeCalls.OpenDirectory | TreeCalls.OpenNoFollow | TreeCalls.CloseOnExec, 0), out below);

    /// <summary>Opens a file for reading.</summary>
    public TreeFault Read(string name, out SafeFileHandle file, out TreeEntry entry)
    {
        file = null!;
        if (Look(name, out entry) is var fault && fault != TreeFault.None)
            return fault;
        if (entry.Kind != TreeKind.File)
            return TreeFault.Missing;
        var descriptor = TreeCalls.openat(_handle, name, TreeCalls.ReadOnly | TreeCalls.OpenNoFollow | TreeCalls.NoBlock | TreeCalls.CloseOnExec, 0);
        if (descriptor < 0)
            return Last();
        file = new SafeFileHandle(descriptor, true);
        // Another thing may have taken the name since the look.
        fault = Look(file, "", out entry);
        if (fault == TreeFault.None && entry.Kind == TreeKind.File)
            return fault;
        file.Dispose();
        return TreeFault.Missing;
    }

    /// <summary>Makes a file that was not there, for writing.</summary>
    public TreeFault Create(string name, out SafeFileHandle file)
    {
        var descriptor = TreeCalls.openat(
            _handle, name, TreeCalls.WriteOnly | TreeCalls.Create | TreeCalls.Exclusive | TreeCalls.OpenNoFollow | TreeCalls.CloseOnExec, 0x180);   // 0600
        file = descriptor < 0 ? null! : new SafeFileHandle(descriptor, true);
        return descriptor < 0 ? Last() : TreeFault.None;
    }

    /// <summary>Makes a directory.</summary>
    public TreeFault Make(string name, int mode) => Done(TreeCalls.mkdirat(_handle, name, mode));

    /// <summary>Removes a file, a link or an empty directory.</summary>
    public TreeFault Remove(string name, bool directory) => Done(TreeCalls.unlinkat(_handle, name, directory ? TreeCalls.RemoveDirectory : 0));

    /// <summary>Gives an entry another place, over a file that stands there.</summary>
    public TreeFault Move(string name, TreeDirectory to, string newName) => Done(TreeCalls.renameat(_handle, name, to._handle, newName));

    /// <summary>Gives a file another place, if nothing stands there.</summary>
    public TreeFault MoveToFree(string name, TreeDirectory to, string newName)
    {
        var fault = Done(TreeCalls.linkat(_handle, name, to._handle, newName, 0));
        return fault == TreeFault.None ? Remove(name, false) : fault;
    }

    /// <summary>What an entry is.</summary>
    public TreeFault Look(string name, out TreeEntry entry) => Look(_handle, name, out entry);

    /// <summary>What this directory is.</summary>
    public TreeFault Look(out TreeEntry entry) => Look(_handle, "", out entry);

    /// <summary>The names in it, in no order; none if the server may not read it.</summary>
    /// <exception cref="IOException">The disk is broken.</exception>
    public IEnumerable<string> Names() =>
        new FileSystemEnumerable<string>($"/proc/self/fd/{_handle.DangerousGetHandle()}/", (ref entry) => entry.FileName.ToString(), new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true });

    public void Dispose() => _handle.Dispose();

    /// <summary>What an error number of the system means.</summary>
    public static TreeFault Fault(int error) => error switch
    {
        2 or 40 => TreeFault.Missing,
        1 or 13 => TreeFault.Denied,
        17 or 21 => TreeFault.Exists,
        18 => TreeFault.OtherDisk,
        20 => TreeFault.NotDirectory,
        28 or 122 => TreeFault.Full,
        30 => TreeFault.ReadOnly,
        39 => TreeFault.NotEmpty,
        _ => TreeFault.Refused,
    };

    private static unsafe TreeFault Look(SafeFileHandle directory, string name, out TreeEntry entry)
    {
        entry = default;
        TreeCalls.Status status;
        if (TreeCalls.statx(directory, name, TreeCalls.NoFollow | (name.Length == 0 ? TreeCalls.EmptyPath : 0), TreeCalls.BasicStats, &status) != 0)
            return Last();
        var kind = (status.Mode & 0xF000) switch
        {
            0x4000 => TreeKind.Directory,
            0x8000 => TreeKind.File,
            _ => TreeKind.Other,
        };
        entry = new TreeEntry(
            kind, (long)status.Size, status.Mode & 0xFFF, (long)(status.Inode & long.MaxValue),
            status.ModifiedSeconds * 1000 + status.ModifiedNanos / 1_000_000, status.AccessedSeconds * 1000 + status.AccessedNanos / 1_000_000);
        return TreeFault.None;
    }

    private static TreeFault Opened(int descriptor, out TreeDirectory directory)
    {
        directory = descriptor < 0 ? null! : new TreeDirectory(descriptor);
        return descriptor < 0 ? Last() : TreeFault.None;
    }

    private static TreeFault Done(int result) => result == 0 ? TreeFault.None : Last();

    private static TreeFault Last() => Fault(Marshal.GetLastPInvokeError());
}
