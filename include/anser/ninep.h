/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file protocol: 9P2000.L, one message a call. The T-message is the call's data, the R-message
 * its answer; each begins with size[4] type[1] tag[2], little-endian and not aligned, and is at
 * most NINEP_MESSAGE_MAX bytes long. The tag comes back as it was; answers cannot overtake each
 * other, so every tag will do, and Tflush finds nothing to flush.
 *
 * Numbers and layouts: the 9P2000 manual (section 5 of Plan 9's), and for the messages of the .L
 * dialect the notes that Linux's and diod's implementations share. A session is the send handle's
 * badge: its fids are its own, Tversion forgets them all, and so does the end of its last handle.
 *
 * What a restart of the server means to a session: its fids are unknown, and every message but
 * Tversion and Tattach that names one is answered with Rlerror NINEP_ESTALE. The client then
 * attaches and walks again by the path that it kept.
 */
#ifndef ANSER_NINEP_H
#define ANSER_NINEP_H

#include <stdint.h>
#include <anser/abi.h>

#define NINEP_MESSAGE_MAX ANSER_ELEMENT_MAX
#define NINEP_VERSION     "9P2000.L"
#define NINEP_NO_TAG      0xffff
#define NINEP_NO_FID      0xffffffff
#define NINEP_WALK_MAX    16 /* names in one Twalk */
#define NINEP_NAME_MAX    255
#define NINEP_HEADER      7 /* size, type, tag */

/* Bytes of data that fit into Rread and Rreaddir: count[4] stands before them. */
#define NINEP_DATA_MAX (NINEP_MESSAGE_MAX - NINEP_HEADER - 4)

/* Types of messages. The answer's is the request's + 1. */
enum ninep_type {
    NINEP_RLERROR = 7, /* ecode[4] */
    NINEP_TSTATFS = 8, /* fid[4] */
    NINEP_RSTATFS = 9,
    NINEP_TLOPEN = 12, /* fid[4] flags[4] -> qid[13] iounit[4] */
    NINEP_RLOPEN = 13,
    NINEP_TLCREATE = 14, /* fid[4] name[s] flags[4] mode[4] gid[4] */
    NINEP_TSYMLINK = 16, /* fid[4] name[s] target[s] gid[4] */
    NINEP_TMKNOD = 18,   /* fid[4] name[s] mode[4] major[4] minor[4] gid[4] */
    NINEP_TRENAME = 20,  /* fid[4] newfid[4] name[s] */
    NINEP_TREADLINK = 22,
    NINEP_RREADLINK = 23,
    NINEP_TGETATTR = 24, /* fid[4] mask[8] */
    NINEP_RGETATTR = 25,
    NINEP_TSETATTR = 26,
    NINEP_TXATTRWALK = 30, /* fid[4] newfid[4] name[s] */
    NINEP_TREADDIR = 40,   /* fid[4] offset[8] count[4] -> count[4] entries */
    NINEP_RREADDIR = 41,
    NINEP_TFSYNC = 50, /* fid[4] datasync[4] */
    NINEP_RFSYNC = 51,
    NINEP_TLINK = 70,     /* fid[4] newfid[4] name[s] */
    NINEP_TMKDIR = 72,    /* fid[4] name[s] mode[4] gid[4] */
    NINEP_TRENAMEAT = 74, /* fid[4] name[s] newfid[4] target[s] */
    NINEP_TUNLINKAT = 76, /* fid[4] name[s] flags[4] */
    NINEP_TVERSION = 100, /* msize[4] version[s] -> likewise */
    NINEP_RVERSION = 101,
    NINEP_TATTACH = 104, /* fid[4] afid[4] user[s] tree[s] uid[4] -> qid[13] */
    NINEP_RATTACH = 105,
    NINEP_TFLUSH = 108, /* oldtag[2] */
    NINEP_RFLUSH = 109,
    NINEP_TWALK = 110, /* fid[4] newfid[4] count[2] names -> count[2] qids */
    NINEP_RWALK = 111,
    NINEP_TREAD = 116, /* fid[4] offset[8] count[4] -> count[4] bytes */
    NINEP_RREAD = 117,
    NINEP_TWRITE = 118, /* fid[4] offset[8] count[4] bytes */
    NINEP_TCLUNK = 120, /* fid[4] */
    NINEP_RCLUNK = 121,
    NINEP_TREMOVE = 122, /* fid[4] */
    /*
     * Anser's own: the file as memory. The answer carries one handle, a duplicate of a frozen pages
     * object with the rights READ, EXEC, DUP and TRANSFER, and says where in it the file lies; it
     * need not begin on a page. NINEP_EOPNOTSUPP from servers that have no such object.
     */
    NINEP_TPAGES = 200, /* fid[4] -> offset[8] size[8], handle */
    NINEP_RPAGES = 201,
    NINEP_TYPE_COUNT
};

/* Types of a qid; a plain file is 0. */
#define NINEP_QID_DIRECTORY 0x80
#define NINEP_QID_SYMLINK   0x02

/* Bits of Tgetattr's mask and Rgetattr's valid: mode to blocks. */
#define NINEP_ATTRIBUTES_BASIC 0x7ff

/* ecode of Rlerror: Linux's errno. Those that servers of this project send. */
#define NINEP_ENOENT       2
#define NINEP_EIO          5
#define NINEP_EBADF        9 /* the fid is not open for this */
#define NINEP_ENOMEM       12
#define NINEP_EEXIST       17 /* the new fid is in use */
#define NINEP_ENOTDIR      20
#define NINEP_EISDIR       21
#define NINEP_EINVAL       22
#define NINEP_EMFILE       24 /* too many fids in this session */
#define NINEP_EROFS        30
#define NINEP_ENAMETOOLONG 36
#define NINEP_EBADMSG      74 /* not a message */
#define NINEP_EMSGSIZE     90 /* does not fit */
#define NINEP_EOPNOTSUPP   95
#define NINEP_ESTALE       116 /* no such fid */

#endif
